//! A compiled model made ready for proving: laid out as its folder says, with its keys; and what opens a commitment to private inputs.

use super::{Project, get_srs};
use crate::error::Error;
use crate::surroundings::Surroundings;
use hallmark_prover::srs::hex;
use hallmark_prover::{Event, KeptPlan, Opening, PlannedCircuit, Prover, ProverError, Stage, during};
use hallmark_verifier::{CircuitKey, Form, ModelId};
use serde::Serialize;
use std::sync::Arc;

/// The circuit of a compiled model for one kind of statement: laid out as was decided when the model was compiled, or planned anew
/// where nothing is kept.
///
/// # Errors
/// [`Error::Prover`]: [`ProverError::NoSuchCircuit`], [`ProverError::KeptPlan`] if what is kept is not the plan of the key's circuit,
/// and those of [`PlannedCircuit::of_key`].
pub fn lay_out(
    project: &Project,
    form: Form,
    surroundings: &Surroundings<'_>,
) -> Result<PlannedCircuit, Error> {
    let (target, progress) = (project.target()?, surroundings.progress);
    let (graph, key) = (&project.graph, &project.key);
    let circuit = match kept(project, form)? {
        Some(kept) => during(progress, Stage::Layout, || {
            PlannedCircuit::kept(graph, target, key, form, kept)
        })?,
        None => {
            progress.notice(Event::Remark(format!(
                "note: no plan of the circuit for {form} is kept with the model, which an earlier version compiled: it is searched \
                 again each time; compile the model again to keep it"
            )));
            let executions = key.circuit(form).map_or(1, CircuitKey::executions);
            let told = |fraction: f64| {
                progress.notice(Event::Progress {
                    stage: Stage::Plan,
                    fraction,
                });
            };
            during(progress, Stage::Plan, || {
                PlannedCircuit::observed(graph, target, (form, executions), &told)
            })?
        }
    };
    Ok(circuit)
}

/// The plan that is kept for one kind of statement, if there is one.
fn kept(project: &Project, form: Form) -> Result<Option<&KeptPlan>, ProverError> {
    if project.key.circuit(form).is_none() {
        return Err(ProverError::NoSuchCircuit(form));
    }
    let Some(plans) = &project.plans else {
        return Ok(None);
    };
    match plans.are_for(&project.key.model().graph_digest) {
        true => Ok(plans.plan(form)),
        false => Err(ProverError::KeptPlan {
            form,
            reason: format!("it was made for the graph {}", plans.graph_digest),
        }),
    }
}

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
