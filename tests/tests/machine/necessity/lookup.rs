//! Forgeries of lookup.

use super::*;

/// Both parts of a ReLU grow by the same amount.
#[test]
fn one_part_of_a_relu_is_zero() {
    let rejections = rejections(&suite::lookup::relu_twice(), |forger| {
        let split = blocks(forger, "t0")[0];
        let mut all = Vec::new();
        for element in 0..5 {
            let parts = [0, 1].map(|field| place_of(forger, split, element, field));
            if parts.iter().any(|part| forger.small(*part) == 8) {
                continue;
            }
            let mut cheat = Cheat::default();
            for place in parts.into_iter().chain(public(forger, "t2", element)) {
                add(forger, &mut cheat, place, 1);
            }
            all.push(cheat);
        }
        all
    });
    assert!(rejections.len() > 3 && rejections.iter().all(|broken| one_equality(broken)));
}
