//! Making a proof.

use super::cause;
use super::clock::{Proving, StageClock};
use super::models::Models;
use super::protocol::{BUNDLE, OPENING, ProveRequest, ProvedFiles};
use crate::job::{Cause, CauseKind, OutputTensor, Stage};
use hallmark_project::{ProjectError, argmax, opening_json, parse_one, run_integers};
use hallmark_prover::{ProveOptions, Proved};
use hallmark_verifier::{BoundTensor, Visibility};
use std::fs;
use std::path::Path;

pub(super) fn run(
    request: &ProveRequest,
    models: &mut Models,
    clock: &StageClock<'_>,
) -> Result<ProvedFiles, Cause> {
    let visibility = if request.private_input {
        Visibility::PrivateInput
    } else {
        Visibility::Public
    };
    let (project, prover) = models
        .get(&request.model, visibility, clock)
        .map_err(|error| cause(&error))?;
    clock.enter(Stage::Witness, None);
    let input = fs::read(&request.input).map_err(|error| storage("reading", &request.input, &error))?;
    let prove = || -> Result<Proved, ProjectError> {
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
    Ok(ProvedFiles {
        outputs: proved.verified.outputs.iter().map(tensor).collect(),
        proof_bytes: proved.bundle.proof.len() as u64,
        opening: proved.opening.is_some(),
    })
}

fn tensor(output: &BoundTensor) -> OutputTensor {
    let values = output.real_values();
    let wide = output.shape.iter().filter(|length| **length > 1).count();
    OutputTensor {
        argmax: (wide == 1 && !values.is_empty()).then(|| argmax(&values)),
        name: output.name.clone(),
        shape: output.shape.clone(),
        scale_bits: output.scale_bits,
        integers: output.values.clone(),
        values,
    }
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
