//! Consistency of points that claim to be the powers of one secret.

use crate::ProverError;
use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine, G2Affine};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::group::prime::PrimeCurveAffine;
use halo2_proofs::halo2curves::group::{Curve, Group};
use halo2_proofs::halo2curves::pairing::Engine;
use halo2_proofs::poly::EvaluationDomain;
use rand_core::{OsRng, RngCore};

/// Checks that `g` are successive multiples of the generator by the secret of `s_g2`, and that the secret is not
/// a trivial one.
///
/// Soundness: with coefficients r_i drawn after the points were fixed, e(Σ r_i·g_(i+1), g₂) = e(Σ r_i·g_i, s·g₂)
/// fails with probability 1 − 2^−128 unless every g_(i+1) = s·g_i.
pub(super) fn powers(g: &[G1Affine], s_g2: &G2Affine) -> Result<(), ProverError> {
    let wrong = |what: &str| Err(ProverError::SrsInconsistent(what.to_owned()));
    if g.first() != Some(&G1Affine::generator()) {
        return wrong("its first power is not the generator of the first group");
    }
    if bool::from(s_g2.is_identity()) || *s_g2 == G2Affine::generator() {
        return wrong("its secret is 0 or 1: no contribution was ever made to this ceremony");
    }
    // In the subgroup of order r exactly if (r − 1)·P = −P: the second group's curve has a large cofactor.
    if (*s_g2 * -Fr::ONE).to_affine() != -*s_g2 {
        return wrong("the secret's multiple in the second group is outside the subgroup");
    }
    let (Some(lower), Some(upper)) = (g.get(..g.len().saturating_sub(1)), g.get(1..)) else {
        return wrong("it has no powers");
    };
    let coefficients: Vec<Fr> = lower.iter().map(|_| short_random()).collect();
    let lower = best_multiexp(&coefficients, lower).to_affine();
    let upper = best_multiexp(&coefficients, upper).to_affine();
    if bool::from(upper.is_identity())
        || Bn256::pairing(&upper, &G2Affine::generator()) != Bn256::pairing(&lower, s_g2)
    {
        return wrong("its points are not the powers of one secret (pairing check failed)");
    }
    Ok(())
}

/// Checks that `lagrange` is the Lagrange form of the powers `g` (both 2^k points): a random polynomial has the same
/// commitment by its values and by its coefficients.
pub(super) fn lagrange(k: u32, g: &[G1Affine], lagrange: &[G1Affine]) -> Result<(), ProverError> {
    let values: Vec<Fr> = lagrange.iter().map(|_| Fr::random(OsRng)).collect();
    let by_values = best_multiexp(&values, lagrange);
    let domain = EvaluationDomain::new(1, k);
    let coefficients = domain.lagrange_to_coeff(domain.lagrange_from_vec(values));
    if best_multiexp(&coefficients, g) == by_values && !bool::from(by_values.is_identity()) {
        Ok(())
    } else {
        Err(ProverError::SrsInconsistent(
            "its Lagrange points do not belong to its powers".to_owned(),
        ))
    }
}

/// The generator of the domain of 2^k rows that halo2 uses.
pub(super) fn root_of_unity(k: u32) -> Fr {
    (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square())
}

fn short_random() -> Fr {
    let mut bytes = [0u8; 16];
    OsRng.fill_bytes(&mut bytes);
    Fr::from_u128(u128::from_le_bytes(bytes))
}
