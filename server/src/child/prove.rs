//! Making a proof.

use super::cause;
use super::clock::{Proving, StageClock};
use super::models::Models;
use super::protocol::{BUNDLE, OPENING, ProveRequest, ProvedFiles};
use crate::job::{Cause, CauseKind, JobStage};
use hallmark::project::{opening_json, parse_one, run_integers};
use hallmark::{Error, Form, Output};
use hallmark_prover::{ProveOptions, Proved};
use hallmark_verifier::form::Inputs;
use std::fs;
use std::path::Path;

pub(super) fn run(
    request: &ProveRequest,
    models: &mut Models,
    clock: &StageClock<'_>,
) -> Result<ProvedFiles, Cause> {
    let form = Form::of_one(Inputs::private_if(request.private_input));
    let (project, prover) = models
        .get(&request.model, form, clock)
        .map_err(|error| cause(&error))?;
    clock.enter(JobStage::Witness, None);
    let input = fs::read(&request.input).map_err(|error| storage("reading", &request.input, &error))?;
    let prove = || -> Result<Proved, Error> {
        let sample = parse_one(&input, &project.float)?;
        let trace = run_integers(&project.graph, &sample)?;
        let options = ProveOptions {
            nonce: request.nonce,
            ..ProveOptions::default()
        };
        Ok(prover.prove(&trace, &options, &Proving(clock))?)
    };
    let proved = prove().map_err(|error| cause(&error))?;
    write(&request.output.join(BUNDLE), &proved.bundle.to_bytes())?;
    if let Some(opening) = &proved.opening {
        let text = opening_json(opening, &proved.bundle.model_id).map_err(|error| cause(&error))?;
        write(&request.output.join(OPENING), &text)?;
    }
    let outputs = proved.verified.outputs.iter();
    Ok(ProvedFiles {
        outputs: outputs.map(|output| Output::from(output).into()).collect(),
        proof_bytes: proved.bundle.proof.len() as u64,
        opening: proved.opening.is_some(),
    })
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Cause> {
    fs::write(path, bytes).map_err(|error| storage("writing", path, &error))
}

/// A file of this machine that could not be used. Its folder is no business of the caller.
pub(super) fn storage(action: &str, path: &Path, error: &std::io::Error) -> Cause {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Cause::new(
        CauseKind::Storage,
        format!("{action} {name} on the worker: {error}"),
    )
}
