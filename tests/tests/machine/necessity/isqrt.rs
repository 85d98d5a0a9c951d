//! Forgeries of isqrt.

use super::*;
use hallmark_tests::attacks::root;

/// A remainder beyond the next square, and a root with the remainder of another: one equation alone rejects each.
#[test]
fn both_equations_of_a_root_are_needed() {
    let case = suite::isqrt::roots();
    // Of 1, 100 and 50, whose remainders leave room in their table.
    let roots = [(1, 1), (3, 10), (5, 7)];
    for (element, root) in roots {
        assert_eq!(case.trace.tensors[1].iter().nth(element), Some(&root));
    }
    let rejections = rejections(&case, |forger| {
        let claims = |(element, y): (usize, i64)| {
            let claims = [[-1, 2 * y - 1, 0], [1, 0, 2]];
            claims.map(|claim| root(forger, element as u32, claim))
        };
        roots.into_iter().flat_map(claims).collect()
    });
    assert_eq!(rejections.len(), 6);
    assert!(
        rejections.iter().all(|broken| one_equality(broken)),
        "{rejections:?}"
    );
}
