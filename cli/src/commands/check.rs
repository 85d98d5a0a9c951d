//! `hallmark check`.

use crate::args::CheckArgs;
use crate::config::Config;
use crate::failure::{Failure, Kind};
use crate::streams::{self, input_name};
use hallmark::Error;
use hallmark::project::{Checked, Contents, GraphChecked, Project, check, parse_samples};
use hallmark_verifier::VerifyingKey;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

/// Compiles again and compares. Exit code 1 if the key is not what the model compiles to.
pub fn run(args: &CheckArgs, config: &Config) -> Result<ExitCode, Failure> {
    let files = [args.vk.as_deref(), args.calibration.as_deref()];
    streams::at_most_one(files.into_iter().flatten())?;
    let checked = compare(args, config);
    let (value, words, code) = match &checked {
        Ok((project, checked)) => (
            json!({
                "reproduced": true,
                "model_id": project.key.model_id().to_string(),
                "graph_digest": hallmark_prover::srs::hex(&project.graph.digest()),
                "circuits": checked.circuits.iter().map(|form| form.name()).collect::<Vec<_>>(),
                "quantised_again": checked.graph != GraphChecked::NoData,
            }),
            in_words(project, checked),
            ExitCode::SUCCESS,
        ),
        Err(error) if is_verdict(error) => (
            json!({ "reproduced": false, "error": error.to_string() }),
            format!("DIFFERENT: {error}\n"),
            Kind::Rejected.into(),
        ),
        Err(_) => {
            checked?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    config.console.result(&value, || words)?;
    Ok(code)
}

fn compare(args: &CheckArgs, config: &Config) -> Result<(Project, Checked), Error> {
    let mut project = Project::load(&args.model)?;
    if let Some(path) = &args.vk {
        let key = VerifyingKey::from_bytes(&streams::read(path, Contents::Key)?);
        project.key = Arc::new(key.map_err(|error| Error::from(error).at(input_name(path)))?);
    }
    let calibration = args
        .calibration
        .as_ref()
        .map(|path| {
            let samples = parse_samples(&streams::read(path, Contents::Inputs)?, &project.float);
            samples.map_err(|error| error.at(input_name(path)))
        })
        .transpose()?;
    let checked = check(&project, calibration, &config.surroundings())?;
    Ok((project, checked))
}

/// Whether the error is what was asked about.
fn is_verdict(error: &Error) -> bool {
    match error {
        Error::NotReproduced { .. } => true,
        Error::At { source, .. } => is_verdict(source),
        _ => false,
    }
}

fn in_words(project: &Project, checked: &Checked) -> String {
    let circuits: Vec<String> = checked.circuits.iter().map(ToString::to_string).collect();
    let bits = project.key.model().bits;
    let graph = match checked.graph {
        GraphChecked::Quantised(samples) => format!(
            "model.onnx, quantised again to {bits} bits with {samples} calibration samples, gives the integer graph."
        ),
        GraphChecked::NoData => format!(
            "Not checked: that the integer graph is that of model.onnx, quantised to {bits} bits. Give the calibration data \
             (--calibration FILE) to quantise it again."
        ),
    };
    format!(
        "EQUAL: model id {}\nThe integer graph, compiled again, gives this key byte for byte: circuits for {}, layers and number of \
         parameters.\n{graph}\nNot checked: the name {:?}, which is its author's word.\n",
        project.key.model_id(),
        circuits.join(", "),
        project.key.model().name
    )
}
