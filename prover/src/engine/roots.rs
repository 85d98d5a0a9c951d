//! Roots of unity.

use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::PrimeField;

/// The generator of the subgroup of order `2^log`.
pub(super) fn root_of_unity(log: u32) -> Fr {
    let mut root = Fr::ROOT_OF_UNITY;
    for _ in log..Fr::S {
        root = root.square();
    }
    root
}
