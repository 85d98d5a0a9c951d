//! Forgeries of linear.

use super::*;

/// The same number in other limbs.
#[test]
fn limbs_are_unique() {
    with(suite::linear::one_row(), |forger| {
        let (low, high) = (blocks(forger, "t0 limb 0")[0], blocks(forger, "t0 limb 1")[0]);
        let width = forger.frame().tables.spec(low.table.unwrap()).len() as i64;
        for element in 0..4 {
            for sign in [1, -1] {
                let mut cheat = Cheat::default();
                add(
                    forger,
                    &mut cheat,
                    place_of(forger, low, element, 0),
                    sign * width,
                );
                add(forger, &mut cheat, place_of(forger, high, element, 0), -sign);
                assert_eq!(forger.try_out(&cheat), no_such_entry());
            }
        }
    });
}

/// An element and its copy beside the weights, changed alike; the statement with them.
#[test]
fn operands_are_bound_to_the_output() {
    with(suite::linear::two_layers(), |forger| {
        let (input, copy) = (
            blocks(forger, "t0")[0],
            blocks(forger, "t0 beside its weights")[0],
        );
        for element in 0..3 {
            for change in [1, -1, 3] {
                let mut cheat = Cheat::default();
                for place in [
                    place_of(forger, input, element, 0),
                    place_of(forger, copy, element, 0),
                ] {
                    add(forger, &mut cheat, place, change);
                }
                assert!(!forger.try_out(&cheat).is_empty(), "both copies");
                add(forger, &mut cheat, public(forger, "t0", element).unwrap(), change);
                let rejections = forger.try_out(&cheat);
                let zero = Rejection::Copy(hallmark_tests::forger::CopyKind::Zero);
                assert!(
                    rejections.contains(&zero),
                    "both copies and the statement: {rejections:?}"
                );
            }
        }
    });
}
