//! `hallmark inspect`.

use crate::args::InspectArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::layout;
use crate::output::{grouped, size};
use crate::streams;
use hallmark::project::{Contents, Project, lay_out, srs_json};
use hallmark_prover::srs::hex;
use hallmark_verifier::{Bundle, Form, REVEALED_WEIGHTS};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Shows a compiled model's layout or a proof's contents.
pub fn run(args: &InspectArgs, config: &Config) -> Result<ExitCode, Failure> {
    if args.path.is_dir() {
        model(args, config)?;
    } else {
        if args.svg.is_some() {
            return Err(Failure::usage(
                "--svg: only the folder of a compiled model has a layout",
            ));
        }
        proof(&args.path, config)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn model(args: &InspectArgs, config: &Config) -> Result<(), Failure> {
    args.svg.as_deref().map_or(Ok(()), streams::probe)?;
    let project = Project::load(&args.path)?;
    let circuit = lay_out(&project, Form::PUBLIC, &config.surroundings())?;
    if let Some(path) = &args.svg {
        let svg = circuit.plan().svg();
        streams::write(path, svg.as_bytes(), &config.console)?;
    }
    let summary = circuit.plan().summary();
    let key = &project.key;
    let value = json!({
        "model": project.settings.name,
        "model_id": key.model_id().to_string(),
        "parameters": key.model().parameters,
        "layers": key.model().layers,
        "srs": srs_json(key.srs()),
        "visibilities": key.circuits().iter().map(|circuit| circuit.form.name()).collect::<Vec<_>>(),
        "layout": summary,
        "revealed": [REVEALED_WEIGHTS],
        "svg": args.svg.as_ref().map(|path| path.display().to_string()),
    });
    config.console.result(&value, || {
        let mut text = format!(
            "{}: {} parameters, model id {}\n",
            project.settings.name,
            grouped(key.model().parameters),
            key.model_id()
        );
        text.push_str(&layout::in_words(&summary));
        text.push_str(&format!("revealed: {REVEALED_WEIGHTS}\n"));
        if let Some(path) = &args.svg {
            text.push_str(&format!("picture of the columns in {}\n", path.display()));
        }
        text
    })
}

fn proof(path: &Path, config: &Config) -> Result<(), Failure> {
    let bytes = streams::read(path, Contents::Proof)?;
    let bundle = Bundle::parse(&bytes).map_err(|error| Failure::from(error).about(path))?;
    let value = json!({
        "model_id": bundle.model_id.to_string(),
        "visibility": bundle.form.name(),
        "transcript": bundle.transcript.name(),
        "srs": { "digest": hex(&bundle.srs_digest) },
        "nonce": hex(&bundle.values.nonce),
        "inputs": bundle.values.inputs,
        "input_commitment": bundle.values.input_commitment.map(|bytes| hex(&bytes)),
        "outputs": bundle.values.outputs,
        "proof_bytes": bundle.proof.len(),
        "verified": false,
    });
    config.console.result(&value, || {
        let counts = |tensors: &[Vec<i64>]| {
            let lengths: Vec<String> = tensors.iter().map(|tensor| tensor.len().to_string()).collect();
            lengths.join(" + ")
        };
        let input = match &bundle.values.input_commitment {
            Some(commitment) => format!("hidden, commitment {}", hex(commitment)),
            None => format!("{} integers in the clear", counts(&bundle.values.inputs)),
        };
        let lines = [
            ("says it is for", format!("model {}", bundle.model_id)),
            ("nonce", hex(&bundle.values.nonce)),
            ("input", input),
            (
                "output",
                format!(
                    "{} integers: {}",
                    counts(&bundle.values.outputs),
                    first_values(&bundle.values.outputs)
                ),
            ),
            (
                "proof",
                format!(
                    "{}, transcript {}",
                    size(bundle.proof.len() as u64),
                    bundle.transcript.name()
                ),
            ),
            ("SRS", hex(&bundle.srs_digest)),
        ];
        let mut text: String = lines
            .iter()
            .map(|(name, text)| format!("{name:<15} {text}\n"))
            .collect();
        text.push_str("Nothing of this has been checked: use `hallmark verify`.\n");
        text
    })
}

fn first_values(tensors: &[Vec<i64>]) -> String {
    const SHOWN: usize = 12;
    let all: Vec<i64> = tensors.iter().flatten().copied().collect();
    let shown: Vec<String> = all.iter().take(SHOWN).map(ToString::to_string).collect();
    shown.join(", ") + if all.len() > SHOWN { ", …" } else { "" }
}
