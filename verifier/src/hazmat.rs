//! Checks of bare proofs, without a model id or a statement. For tests of proving engines: a proof that passes
//! here says only that *some* instance columns satisfy *some* circuit.

use crate::argument::accumulate;
use crate::bundle::Bundle;
use crate::error::VerifyError;
use crate::key::VerifyingKey;
use crate::protocol::Protocol;
use crate::srs::SrsPoints;
use crate::transcript::TranscriptKind;
use crate::verify::{pairing_holds, prepare};
use ark_bn254::{Fr, G1Affine};

/// Checks one proof for the given instance columns. `seed` is the scalar that the transcript absorbs before
/// everything else, if any (see [`crate::VerifyingKey::transcript_seed`]).
///
/// # Errors
/// As [`crate::verify`].
pub fn verify_bare_proof(
    srs: &SrsPoints,
    protocol: &Protocol,
    seed: Option<Fr>,
    instances: &[Vec<Fr>],
    proof: &[u8],
    transcript: TranscriptKind,
) -> Result<(), VerifyError> {
    protocol.validate()?;
    let accumulator = accumulate(
        protocol,
        &SrsPoints::g1(),
        seed,
        instances,
        proof,
        transcript.start(),
    )?;
    match pairing_holds(srs, &accumulator) {
        true => Ok(()),
        false => Err(VerifyError::PairingFailed),
    }
}

/// Scalars and bases of the sum on the right of a proof's pairing equation `e(W′, s·g2) = e(Σ scalar·base, g2)`, whether or
/// not it holds; the last base is W′. For tests that forge proofs with a known secret.
///
/// # Errors
/// As [`crate::verify`], except for the pairing.
pub fn terms(key: &VerifyingKey, bundle: &Bundle) -> Result<(Vec<Fr>, Vec<G1Affine>), VerifyError> {
    let circuit = key
        .circuit(bundle.form)
        .ok_or(VerifyError::NoSuchCircuit(bundle.form))?;
    let accumulator = prepare(key, circuit, bundle)?;
    Ok((accumulator.scalars, accumulator.bases))
}
