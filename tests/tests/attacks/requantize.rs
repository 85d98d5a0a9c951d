//! Forgeries of requantize.

use super::*;

/// One unit more in the result, `2^shift` less in the remainder: the identity holds, the range does not.
#[test]
fn rounding_is_unique() {
    with(suite::requantize::rounding(), |forger| {
        let (rounded, remainder) = (blocks(forger, "t2")[0], blocks(forger, "t1 remainder")[0]);
        let length = forger.frame().tables.spec(remainder.table.unwrap()).len() as i64;
        for element in 0..3 {
            for sign in [1, -1] {
                let mut cheat = Cheat::default();
                add(forger, &mut cheat, place_of(forger, rounded, element, 0), sign);
                add(forger, &mut cheat, public(forger, "t2", element).unwrap(), sign);
                add(
                    forger,
                    &mut cheat,
                    place_of(forger, remainder, element, 0),
                    -sign * length,
                );
                assert_eq!(forger.try_out(&cheat), no_such_entry());
            }
        }
    });
}
