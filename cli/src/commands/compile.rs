//! `hallmark compile`.

use crate::args::CompileArgs;
use crate::commands::keys::check_name;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{grouped, milliseconds, size};
use crate::streams;
use hallmark::project::{Built, Contents, RANDOM_INPUTS, build, check_place, report};
use hallmark::{Interface, Model};
use hallmark_model::AccuracyReport;
use hallmark_prover::srs::hex;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

const RANDOM_SAMPLES: usize = 32;

/// Compiles and writes the folder.
pub fn run(args: &CompileArgs, config: &Config) -> Result<ExitCode, Failure> {
    if streams::is_stream(&args.output) {
        return Err(Failure::usage(
            "--output: a compiled model is a folder, which standard output cannot be",
        ));
    }
    check_place(&args.output, args.force)?;
    streams::probe_new_folder(&args.output)?;
    let model = streams::input_name(&args.model);
    streams::at_most_one(
        [args.model.as_path()]
            .into_iter()
            .chain(args.calibration.as_deref()),
    )?;
    let onnx = streams::read(&args.model, Contents::Model)?;
    let data = args.calibration.as_deref();
    let data = data
        .map(|path| streams::read(path, Contents::Inputs))
        .transpose()?;
    let model = config
        .console
        .during("reading the model", || {
            Model::from_onnx_with(onnx, &args.shapes.input_shapes(), data.as_deref())
        })
        .map_err(|error| error.at(model))?;
    let model = named(model, args.options.name.as_deref(), config)?;
    let calibrated = match (&args.calibration, &data) {
        (Some(path), Some(data)) => {
            let samples = model.samples(data);
            let samples = samples.map_err(|error| error.at(streams::input_name(path)))?;
            model.calibrate(samples)?
        }
        _ => model.calibrate_on_random_inputs(RANDOM_SAMPLES)?,
    };
    let mut options = args.options.compile_options(true)?;
    options.accept_inaccurate = args.accept_inaccurate;
    let built = build(calibrated, &options, &config.surroundings())?;
    let report = report(&built);
    let vk_bytes = built.project.save(&args.output, args.force, &report)?;
    let mut value = report.clone();
    value["vk_bytes"] = json!(vk_bytes);
    value["folder"] = json!(args.output.display().to_string());
    config
        .console
        .result(&value, || in_words(&built, &args.output, vk_bytes))?;
    warn(&built, config);
    Ok(ExitCode::SUCCESS)
}

/// The model with the name that was given, or else the one that it has by its content.
pub fn named(model: Model, given: Option<&str>, config: &Config) -> Result<Model, Failure> {
    let Some(name) = given else {
        config.console.note(&format!(
            "the model is called {:?}, by its content; --name NAME gives it another name, and with it another id",
            model.name()
        ));
        return Ok(model);
    };
    check_name("--name", name)?;
    Ok(model.named(name))
}

fn in_words(built: &Built, folder: &Path, vk_bytes: u64) -> String {
    let project = &built.project;
    let mut lines = vec![
        format!("{} → {}", project.settings.name, folder.display()),
        format!("  model id    {}", project.settings.model_id),
        format!(
            "  parameters  {} in {} steps, {} bits",
            grouped(project.key.model().parameters),
            project.graph.nodes.len(),
            project.settings.bits
        ),
        format!("  accuracy    {}", accuracy_words(&built.accuracy)),
    ];
    for (circuit, keys) in built.circuits.iter().zip(&built.compiled.keys) {
        let protocol = &keys.circuit_key().protocol;
        lines.push(format!(
            "  circuit     {}: 2^{} rows, {} advice and {} fixed columns, proofs of {}",
            circuit.form(),
            circuit.k(),
            protocol.advice_columns(),
            protocol.fixed_columns(),
            size(protocol.proof_bytes(circuit.transcript()) as u64)
        ));
    }
    let srs = project.key.srs();
    let digest = hex(&srs.digest());
    lines.push(format!(
        "  SRS         {} {}…",
        srs.provenance(),
        digest.get(..16).unwrap_or(&digest)
    ));
    lines.push(format!(
        "  keys        made in {}, verifying key {}",
        milliseconds(built.compiled.keygen_ms),
        size(vk_bytes)
    ));
    lines.join("\n") + "\n"
}

fn accuracy_words(accuracy: &AccuracyReport) -> String {
    let outputs: Vec<String> = accuracy
        .outputs
        .iter()
        .map(|output| {
            let (Some(error), Some(value)) = (output.max_abs_error, output.max_abs_value) else {
                return format!("{}: none, for no sample was accepted", output.name);
            };
            let agreement = output.argmax_agreement.map_or_else(String::new, |share| {
                format!(", same arg-max in {:.1} %", 100.0 * share)
            });
            let relative = output.worst_column.as_ref().and_then(|column| {
                let relative = column.relative_error()?;
                Some(format!(
                    ", at most {:.2} % of a column's spread",
                    100.0 * relative
                ))
            });
            format!(
                "{}: largest error {error:.5} of {value:.3}{}{agreement}",
                output.name,
                relative.unwrap_or_default()
            )
        })
        .collect();
    let refused = match accuracy.refused {
        0 => String::new(),
        refused => format!(", {refused} refused"),
    };
    format!(
        "{} ({} calibration samples{refused})",
        outputs.join("; "),
        accuracy.samples
    )
}

fn warn(built: &Built, config: &Config) {
    if built.project.settings.calibration == RANDOM_INPUTS {
        config.console.warn(
            "warning: no --calibration was given, so the scales are GUESSES from random inputs in [-1, 1]. Real inputs may\n\
             \x20        be refused as out of range, or lose precision. Compile again with some typical inputs.",
        );
    }
    for finding in &built.findings {
        config
            .console
            .warn(&format!("warning: {}", finding.words(Interface::CommandLine)));
    }
}
