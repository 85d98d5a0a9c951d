//! The circuit of a compiled model, laid out as its folder says: `plan.json`, with which nothing is searched.

use super::folder::json;
use super::{Error, Project, Surroundings};
use hallmark_prover::{
    Event, KeptPlan, KeptPlans, PLANS_VERSION, PlannedCircuit, ProverError, Stage, during,
};
use hallmark_verifier::{CircuitKey, Form};
use serde::Deserialize;
use std::path::Path;

/// Plans of the circuits in the folder. Folders that earlier versions made have none.
pub const PLAN_FILE: &str = "plan.json";

/// What is read of kept plans first.
#[derive(Deserialize)]
struct Header {
    version: u32,
}

/// Reads kept plans, which lie at `path` as far as messages are concerned.
///
/// # Errors
/// [`Error::Format`] for another version, and [`Error::Json`].
pub(super) fn parse_plans(path: &Path, bytes: &[u8]) -> Result<KeptPlans, Error> {
    let what = path.display().to_string();
    let Header { version } = json(&what, bytes)?;
    match version == PLANS_VERSION {
        true => json(&what, bytes),
        false => Err(Error::Format {
            what,
            got: version,
            expected: PLANS_VERSION,
        }),
    }
}

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
