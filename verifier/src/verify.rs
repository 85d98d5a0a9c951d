//! Checks bundles against keys.

use crate::argument::accumulate;
use crate::bundle::Bundle;
use crate::circuit_key::CircuitKey;
use crate::error::VerifyError;
use crate::hexadecimal;
use crate::key::VerifyingKey;
use crate::model_id::ModelId;
use crate::opening::Accumulator;
use crate::pairing::product_is_one;
use crate::report::Verified;
use crate::size::to_u64;
use crate::srs::{SrsPoints, SrsPolicy};
use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, PrimeField};
use sha2::{Digest, Sha512};
use std::collections::HashMap;

/// What a caller asks for beyond a valid proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyOptions {
    /// The nonce that the proof has to carry. Without it, an old proof may be replayed.
    pub nonce: Option<[u8; 32]>,
    /// What the key's SRS has to be.
    pub srs: SrsPolicy,
}

/// Checks a bundle: key, model id, statement and proof.
///
/// # Errors
/// A [`VerifyError`] that says which check failed. [`VerifyError::PairingFailed`] is the verdict on a well-formed
/// proof of something else.
pub fn verify(key: &VerifyingKey, expected: &ModelId, bundle: &Bundle) -> Result<Verified, VerifyError> {
    verify_with(key, expected, bundle, &VerifyOptions::default())
}

/// [`verify`] with options.
///
/// # Errors
/// As [`verify`], [`VerifyError::WrongNonce`], and those of [`SrsPolicy::check`].
pub fn verify_with(
    key: &VerifyingKey,
    expected: &ModelId,
    bundle: &Bundle,
    options: &VerifyOptions,
) -> Result<Verified, VerifyError> {
    let circuit = check_identity(key, expected, bundle, options)?;
    let accumulator = prepare(key, circuit, bundle)?;
    check_pairing(key, &accumulator)?;
    Ok(Verified::new(key, circuit, bundle, options.nonce.is_some()))
}

/// Checks many bundles with one pairing check. The statements of all are returned in order.
///
/// # Errors
/// [`VerifyError::Batch`] with the position and error of every bundle that is not valid.
pub fn verify_batch(items: &[(&VerifyingKey, &ModelId, &Bundle)]) -> Result<Vec<Verified>, VerifyError> {
    let options = VerifyOptions::default();
    let items: Vec<_> = items
        .iter()
        .map(|(key, expected, bundle)| (*key, *expected, *bundle, &options))
        .collect();
    verify_batch_with(&items)
}

/// [`verify_batch`] with options for every bundle.
///
/// # Errors
/// As [`verify_batch`].
pub fn verify_batch_with(
    items: &[(&VerifyingKey, &ModelId, &Bundle, &VerifyOptions)],
) -> Result<Vec<Verified>, VerifyError> {
    let (mut failures, mut prepared, mut verified) = (Vec::new(), Vec::new(), Vec::new());
    for (position, (key, expected, bundle, options)) in items.iter().enumerate() {
        let circuit = check_identity(key, expected, bundle, options);
        let result = circuit.and_then(|circuit| Ok((circuit, prepare(key, circuit, bundle)?)));
        match result {
            Ok((circuit, accumulator)) => {
                prepared.push((position, *key, accumulator));
                verified.push(Verified::new(key, circuit, bundle, options.nonce.is_some()));
            }
            Err(error) => failures.push((position, error)),
        }
    }
    if !folded_pairing_holds(&prepared) {
        for (position, key, accumulator) in &prepared {
            if let Err(error) = check_pairing(key, accumulator) {
                failures.push((*position, error));
            }
        }
        if failures.is_empty() {
            // Folding valid proofs cannot fail; refuse all the same.
            return Err(VerifyError::PairingFailed);
        }
    }
    failures.sort_by_key(|(position, _)| *position);
    match failures.is_empty() {
        true => Ok(verified),
        false => Err(VerifyError::Batch(failures)),
    }
}

/// All that can be checked before any mathematics.
fn check_identity<'a>(
    key: &'a VerifyingKey,
    expected: &ModelId,
    bundle: &Bundle,
    options: &VerifyOptions,
) -> Result<&'a CircuitKey, VerifyError> {
    if key.model_id() != *expected {
        return Err(VerifyError::WrongKey {
            expected: *expected,
            found: key.model_id(),
        });
    }
    if bundle.model_id != *expected {
        return Err(VerifyError::WrongModel {
            expected: *expected,
            found: bundle.model_id,
        });
    }
    if let Some(nonce) = options.nonce
        && nonce != bundle.values.nonce
    {
        return Err(VerifyError::WrongNonce {
            expected: hexadecimal::encode(&nonce),
            found: hexadecimal::encode(&bundle.values.nonce),
        });
    }
    let digest = key.srs().digest();
    if digest != bundle.srs_digest {
        return Err(VerifyError::WrongSrs {
            expected: hexadecimal::encode(&digest),
            found: hexadecimal::encode(&bundle.srs_digest),
        });
    }
    options.srs.check(key.srs())?;
    key.circuit(bundle.form)
        .ok_or(VerifyError::NoSuchCircuit(bundle.form))
}

pub(crate) fn prepare(
    key: &VerifyingKey,
    circuit: &CircuitKey,
    bundle: &Bundle,
) -> Result<Accumulator, VerifyError> {
    let instances = circuit.statement.instances(&bundle.values)?;
    let seed = key.transcript_seed(circuit.form);
    let transcript = bundle.transcript.start();
    accumulate(
        &circuit.protocol,
        &SrsPoints::g1(),
        Some(seed),
        &instances,
        &bundle.proof,
        transcript,
    )
}

fn check_pairing(key: &VerifyingKey, accumulator: &Accumulator) -> Result<(), VerifyError> {
    match pairing_holds(key.srs(), accumulator) {
        true => Ok(()),
        false => Err(VerifyError::PairingFailed),
    }
}

/// Whether `e(left, s·g2) = e(Σ scalar·base, g2)`.
pub(crate) fn pairing_holds(srs: &SrsPoints, accumulator: &Accumulator) -> bool {
    let right = G1Projective::msm(&accumulator.bases, &accumulator.scalars);
    right.is_ok_and(|right| {
        product_is_one(
            &[accumulator.left, (-right).into_affine()],
            &[*srs.s_g2(), SrsPoints::g2()],
        )
    })
}

/// One side of the folded equation: scalars by base, so that proofs under one key share its commitments.
type Combination = HashMap<G1Affine, Fr>;

/// Whether a random combination of all equations holds. The coefficients are derived from all transcripts, so no
/// proof can be chosen to cancel another. Proofs over one SRS share two pairings.
fn folded_pairing_holds(prepared: &[(usize, &VerifyingKey, Accumulator)]) -> bool {
    let mut seed = Sha512::new().chain_update(b"hallmark batch v1\0");
    for (_, _, accumulator) in prepared {
        seed.update(accumulator.digest);
    }
    let seed = seed.finalize();
    let mut sides: HashMap<G2Affine, (Combination, Combination)> = HashMap::new();
    for (number, (_, key, accumulator)) in prepared.iter().enumerate() {
        let hash = Sha512::new()
            .chain_update(seed)
            .chain_update(to_u64(number).to_le_bytes())
            .finalize();
        let coefficient = Fr::from_le_bytes_mod_order(&hash);
        let (left, right) = sides.entry(*key.srs().s_g2()).or_default();
        *left.entry(accumulator.left).or_insert(Fr::ZERO) += coefficient;
        for (base, scalar) in accumulator.bases.iter().zip(&accumulator.scalars) {
            *right.entry(*base).or_insert(Fr::ZERO) += coefficient * scalar;
        }
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (s_g2, (left, right)) in sides {
        let (Some(left), Some(right)) = (evaluate(left), evaluate(right)) else {
            return false;
        };
        first.extend([left.into_affine(), (-right).into_affine()]);
        second.extend([s_g2, SrsPoints::g2()]);
    }
    product_is_one(&first, &second)
}

fn evaluate(combination: Combination) -> Option<G1Projective> {
    let (bases, scalars): (Vec<G1Affine>, Vec<Fr>) = combination.into_iter().unzip();
    G1Projective::msm(&bases, &scalars).ok()
}
