//! Forgeries of arg-max.

use super::*;

/// Wrong indices, each with the cells that leave one constraint to reject them.
#[test]
fn arg_max_claims() {
    for bits in [4, 6] {
        with(suite::arg_max::arg_max_claims(bits), |forger| {
            let claims = ArgMax::of_claims(forger);
            assert_eq!(
                forger.try_out(&claims.about(0, [5; 4], [0, 1, 1, 1])),
                BTreeSet::new(),
                "the honest claim"
            );
            for (why, cheat, (gate, name)) in claims.wrong() {
                assert_eq!(forger.try_out(&cheat), only(&gate, &name), "{why}");
            }
            // A bit of two: whatever else is claimed, a row before it or after it has to differ by more than one.
            for two in 0..4 {
                let mut bits = [0, 1, 1, 1];
                bits[two] = 2;
                assert!(
                    !forger.try_out(&claims.about(0, [5; 4], bits)).is_empty(),
                    "a bit of two"
                );
            }
        });
    }
}

/// The last of equal maxima, where the first is to be chosen, and the other way round.
#[test]
fn ties_go_to_the_right_one() {
    for make in [suite::arg_max::arg_max_first, suite::arg_max::arg_max_last] {
        let case = make();
        let mirrored = case.name.contains("last");
        let values: Vec<i64> = case.trace.tensors[0].iter().copied().collect();
        with(case, |forger| {
            let claims = ArgMax {
                forger,
                node: "n0",
                output: "t1",
                low: -8,
                length: 4,
                limbs: 1,
                bits: 4,
                mirrored,
            };
            let row = |sequence: usize| {
                let mut row = values[sequence * 4..][..4].to_vec();
                if mirrored {
                    row.reverse();
                }
                row
            };
            // 5, 7, 7, 1 or 1, 7, 7, 5: position 1 is right, position 2 is wrong.
            let right = claims.claim(0, &row(0), &[7; 4], &[0, 1, 1, 1]);
            assert_eq!(forger.try_out(&right), BTreeSet::new());
            let wrong = claims.claim(0, &row(0), &[7; 4], &[0, 0, 1, 1]);
            assert_eq!(forger.try_out(&wrong), no_such_entry());
            // Four equal elements.
            let right = claims.claim(1, &row(1), &[-7; 4], &[1, 1, 1, 1]);
            assert_eq!(forger.try_out(&right), BTreeSet::new());
            for wrong in [[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]] {
                assert_eq!(
                    forger.try_out(&claims.claim(1, &row(1), &[-7; 4], &wrong)),
                    no_such_entry()
                );
            }
        });
    }
}
