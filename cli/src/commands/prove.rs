//! `hallmark prove`.

use crate::args::ProveArgs;
use crate::config::{Config, parse_nonce};
use crate::failure::Failure;
use crate::memory::{self, Expected};
use crate::output::{milliseconds, size};
use crate::streams;
use hallmark::project::{Contents, opening_json, opening_path};
use hallmark::{CompiledModel, Error, Form};
use hallmark_prover::cache::write_secret_atomically;
use hallmark_prover::{ProveOptions, Proved};
use hallmark_verifier::form::Inputs;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Proves and writes the bundle.
pub fn run(args: &ProveArgs, config: &Config) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let nonce = args
        .nonce
        .as_deref()
        .map(parse_nonce)
        .transpose()?
        .unwrap_or_default();
    let to_stream = streams::is_stream(&args.output);
    if to_stream && args.private_input {
        return Err(Failure::usage(
            "--private-input: what opens the commitment goes beside the proof, so that -o has to name a file",
        ));
    }
    // Not after minutes of proving.
    streams::probe(&args.output)?;
    let model = CompiledModel::load(&args.model)?;
    let surroundings = config.surroundings();
    let named = |error: Error| error.at(streams::input_name(&args.input));
    let samples = model
        .samples(&streams::read(&args.input, Contents::Inputs)?)
        .map_err(named)?;
    let form = match args.batch {
        true => Form::PUBLIC_BATCH,
        false => Form::of_one(Inputs::private_if(args.private_input)),
    };
    // The input is checked in milliseconds, before the keys are loaded.
    let trace = model.execute(&samples, form).map_err(|error| match error {
        Error::Samples(_) => named(error),
        other => other,
    })?;
    let prover = model.prover(form, &surroundings)?;
    let mut options = ProveOptions {
        nonce,
        engine: args.engine.into(),
        transcript: args.transcript.map(Into::into),
        ..ProveOptions::default()
    };
    let expected = memory::limit(&prover, &mut options, args.memory)?;
    if let Some(expected) = &expected {
        config.console.note(&expected.words());
    }
    let ready_ms = start.elapsed().as_secs_f64() * 1000.0;
    let proved = prover.prove(&trace, &options, &config.console)?;

    let as_json = args
        .output
        .extension()
        .is_some_and(|extension| extension == "json")
        || (to_stream && config.console.is_json());
    let bytes = if as_json {
        proved.bundle.to_json().into_bytes()
    } else {
        proved.bundle.to_bytes()
    };
    let opening = opening_path(&args.output);
    if let Some(secret) = &proved.opening {
        // Before the proof: a proof whose opening is lost is of little use.
        let bytes = opening_json(secret, &proved.bundle.model_id)?;
        write_secret_atomically(&opening, |file| file.write_all(&bytes))?;
    }
    streams::write(&args.output, &bytes, &config.console)?;
    if to_stream {
        // Standard output is the proof's alone.
        config
            .console
            .note(&in_words(&proved, Path::new("standard output"), bytes.len()));
        return Ok(ExitCode::SUCCESS);
    }
    let private = proved.opening.is_some();
    let value = summary(
        &proved,
        &args.output,
        bytes.len(),
        private.then_some(opening.as_path()),
        (ready_ms, expected),
    );
    config
        .console
        .result(&value, || in_words(&proved, &args.output, bytes.len()))?;
    if private {
        config.console.warn(&format!(
            "SECRET: {} holds the input and the salt of its commitment. Whoever has it can read the input and show \
             that it is the proven one. Keep it to yourself.",
            opening.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn summary(
    proved: &Proved,
    path: &Path,
    bytes: usize,
    opening: Option<&Path>,
    (ready_ms, expected): (f64, Option<Expected>),
) -> Value {
    let verified = crate::commands::verify::verified_json(&proved.verified);
    json!({
        "file": path.display().to_string(),
        "opening_file": opening.map(|path| path.display().to_string()),
        "bundle_bytes": bytes,
        "proof_bytes": proved.bundle.proof.len(),
        "ready_ms": ready_ms,
        "witness_ms": proved.timings.witness_ms,
        "prove_ms": proved.timings.prove_ms,
        "verify_ms": proved.timings.verify_ms,
        "executions": proved.verified.executions,
        "expected_rss_mb": expected.map(|expected| expected.peak_bytes as f64 / 1e6),
        "peak_rss_mb": crate::machine::peak_rss_mb(),
        "verified": verified,
    })
}

fn in_words(proved: &Proved, path: &Path, bytes: usize) -> String {
    let mut text = String::new();
    for output in &proved.verified.outputs {
        let values = output.values.iter().take(12);
        let shown: Vec<String> = values.map(|value| output.element.in_words(*value)).collect();
        let more = if output.values.len() > shown.len() {
            ", …"
        } else {
            ""
        };
        text.push_str(&format!("{} = [{}{more}]\n", output.name, shown.join(", ")));
    }
    text.push_str(&format!(
        "proof of {} in {} (file of {}), made in {}, verified in {}\n",
        size(proved.bundle.proof.len() as u64),
        path.display(),
        size(bytes as u64),
        milliseconds(proved.timings.witness_ms + proved.timings.prove_ms),
        milliseconds(proved.timings.verify_ms),
    ));
    text
}
