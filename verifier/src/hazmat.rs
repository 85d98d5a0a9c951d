//! Checks of bare proofs, without a model id or a statement. For tests of proving engines: a proof that passes
//! here says only that *some* instance columns satisfy *some* circuit.

use crate::argument::accumulate;
use crate::error::VerifyError;
use crate::key::SrsDescription;
use crate::protocol::Protocol;
use crate::transcript::TranscriptKind;
use crate::verify::pairing_holds;
use ark_bn254::Fr;

/// Checks one proof for the given instance columns. `seed` is the scalar that the transcript absorbs before
/// everything else, if any (see [`crate::VerifyingKey::transcript_seed`]).
///
/// # Errors
/// As [`crate::verify`].
pub fn verify_bare_proof(
    srs: &SrsDescription,
    protocol: &Protocol,
    seed: Option<Fr>,
    instances: &[Vec<Fr>],
    proof: &[u8],
    transcript: TranscriptKind,
) -> Result<(), VerifyError> {
    protocol.validate()?;
    let accumulator = accumulate(protocol, &srs.g1, seed, instances, proof, transcript.start())?;
    match pairing_holds(&srs.g2, &srs.s_g2, &accumulator) {
        true => Ok(()),
        false => Err(VerifyError::PairingFailed),
    }
}
