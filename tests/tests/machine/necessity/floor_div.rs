//! Forgeries of floor-div.

use super::*;
use hallmark_tests::attacks::quotient;

/// A remainder above the divisor, and a quotient with the remainder of another: one equation alone rejects each.
#[test]
fn both_equations_are_needed() {
    let divisors = [7, 7, 7, 16, 16, 16];
    let rejections = rejections(&suite::floor_div::quotients(), |forger| {
        let claims = |(element, divisor): (u32, i64)| {
            [[-1, divisor, 0], [1, 0, 0]].map(|claim| quotient(forger, element, claim))
        };
        (0..).zip(divisors).flat_map(claims).collect()
    });
    assert_eq!(rejections.len(), 12);
    assert!(
        rejections.iter().all(|broken| one_equality(broken)),
        "{rejections:?}"
    );
}
