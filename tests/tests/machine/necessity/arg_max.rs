//! Forgeries of arg-max.

use super::*;

/// Wrong indices, each with the cells that leave one constraint to reject them.
#[test]
fn arg_max_claims() {
    for bits in [4, 6] {
        let case = suite::arg_max::arg_max_claims(bits);
        let rejections = rejections(&case, |forger| {
            let claims = ArgMax::of_claims(forger);
            let honest = claims.about(0, [5; 4], [0, 1, 1, 1]);
            let wrong = claims.wrong().into_iter().map(|(_, cheat, _)| cheat);
            std::iter::once(honest).chain(wrong).collect()
        });
        let (honest, wrong) = rejections.split_first().unwrap();
        assert_eq!(honest, &[]);
        for (index, broken) in wrong.iter().enumerate() {
            assert_eq!(broken.len(), 1, "{bits} bits, claim {index}: {broken:?}");
        }
    }
}
