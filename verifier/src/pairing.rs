//! Pairings.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ff::Field;

/// Whether the product of the pairings of these points is one.
pub(crate) fn product_is_one(first: &[G1Affine], second: &[G2Affine]) -> bool {
    let product = Bn254::final_exponentiation(Bn254::multi_miller_loop(first, second));
    product.is_some_and(|product| product.0 == <Bn254 as Pairing>::TargetField::ONE)
}
