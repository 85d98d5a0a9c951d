//! A compiled model made ready for proving, and what opens a commitment to private inputs.

use super::compiling::Surroundings;
use super::{Error, Project, get_srs, lay_out};
use hallmark_prover::srs::hex;
use hallmark_prover::{Opening, Prover};
use hallmark_verifier::{Form, ModelId};
use serde::Serialize;
use std::sync::Arc;

/// The prover of a compiled model for one kind of statement.
///
/// # Errors
/// [`Error::Prover`] if the SRS is missing or the model has no such circuit.
pub fn open(project: &Project, form: Form, surroundings: &Surroundings<'_>) -> Result<Prover, Error> {
    let circuit = lay_out(project, form, surroundings)?;
    let named = (
        project.key.srs().digest(),
        project.key.srs().provenance().to_string(),
    );
    surroundings.keeps(&named)?;
    let srs = get_srs(&named, circuit.k(), surroundings)?;
    let key = Arc::clone(&project.key);
    Ok(Prover::open(
        circuit,
        srs,
        key,
        surroundings.cache,
        surroundings.progress,
    )?)
}

/// What `PROOF.opening.json` holds.
#[derive(Serialize)]
struct OpeningFile<'a> {
    note: &'static str,
    model_id: String,
    /// The commitment in the proof's statement: a scalar, little-endian, hexadecimal.
    commitment: String,
    /// The salt: a scalar, little-endian, hexadecimal.
    salt: String,
    /// The committed integers, one list per input.
    inputs: &'a [Vec<i64>],
}

/// The file that opens the commitment to a private input. Secret.
///
/// # Errors
/// [`Error::Json`], never in practice.
pub fn opening_json(opening: &Opening, model: &ModelId) -> Result<Vec<u8>, Error> {
    let file = OpeningFile {
        note: "SECRET. This opens the commitment to the private input of a Hallmark proof: whoever has it can read the input.",
        model_id: model.to_string(),
        commitment: hex(&opening.commitment),
        salt: hex(&opening.salt),
        inputs: &opening.inputs,
    };
    serde_json::to_vec(&file).map_err(|problem| Error::Json {
        what: "the opening".to_owned(),
        problem,
    })
}
