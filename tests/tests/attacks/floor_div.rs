//! Forgeries of floor-div.

use super::*;
use hallmark_tests::attacks::quotient;

/// The divisors of the case, one for each element.
const DIVISORS: [i64; 6] = [7, 7, 7, 16, 16, 16];

/// One unit more or less in the quotient, a divisor less or more in the remainder: that equation holds. Either the other one does too, and
/// a number is in no table, or all are in their tables and the other one does not.
#[test]
fn quotients_are_unique() {
    with(suite::floor_div::quotients(), |forger| {
        for (element, divisor) in (0..).zip(DIVISORS) {
            let above = [-divisor, divisor];
            let cheats = above.map(|above| {
                quotient(
                    forger,
                    element,
                    [above.signum(), -above.signum() * divisor, above],
                )
            });
            for (cheat, sign) in cheats.iter().zip(["more", "less"]) {
                assert_eq!(forger.try_out(cheat), no_such_entry(), "{sign}");
            }
            let room = quotient(forger, element, [-1, divisor, 0]);
            let equation = BTreeSet::from([Rejection::Copy(CopyKind::Zero)]);
            assert_eq!(forger.try_out(&room), equation, "a remainder above the divisor");
            assert_eq!(
                forger.try_out(&quotient(forger, element, [1, 0, 0])),
                equation,
                "a quotient with the remainder of another"
            );
        }
    });
}
