//! `hallmark run`.

use crate::args::RunArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::duration;
use crate::streams;
use crate::table::{Align, table};
use hallmark::CompiledModel;
use hallmark::project::{Comparison, Contents, OutputComparison};
use hallmark_verifier::ElementKind;
use serde_json::json;
use std::process::ExitCode;
use std::time::Instant;

/// Elements of an output that are shown to people; JSON has all.
const SHOWN: usize = 16;

/// Runs every sample in integers and in floats and shows how they agree.
pub fn run(args: &RunArgs, config: &Config) -> Result<ExitCode, Failure> {
    let model = CompiledModel::load(&args.model)?;
    let samples = model
        .samples(&streams::read(&args.input, Contents::Inputs)?)
        .map_err(|error| error.at(streams::input_name(&args.input)))?;
    let mut comparisons = Vec::with_capacity(samples.len());
    let start = Instant::now();
    for sample in &samples {
        comparisons.push(model.compare(sample)?);
    }
    let elapsed = start.elapsed();
    let max = comparisons
        .iter()
        .map(|comparison| comparison.max_abs_error)
        .fold(0.0, f64::max);
    let agree = comparisons
        .iter()
        .filter(|comparison| comparison.argmax_match)
        .count();
    let value = json!({
        "model": model.project().settings.name,
        "samples": comparisons,
        "max_abs_error": max,
        "argmax_match": agree == comparisons.len(),
    });
    config.console.result(&value, || {
        let mut text = String::new();
        if let [only] = comparisons.as_slice() {
            text.push_str(&describe(only));
        }
        text.push_str(&format!(
            "{} sample{} in {}: largest difference to the float model {max:.6}, same arg-max in {agree} of {}\n",
            comparisons.len(),
            if comparisons.len() == 1 { "" } else { "s" },
            duration(elapsed),
            comparisons.len(),
        ));
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

/// One table per output: float, integer, what the integer stands for.
fn describe(comparison: &Comparison) -> String {
    let mut text = String::new();
    for OutputComparison { output, float } in &comparison.outputs {
        text.push_str(&format!(
            "{} {:?}, {}\n",
            output.name, output.shape, output.element
        ));
        let elements = float.iter().zip(&output.integers).zip(&output.values).enumerate();
        let rows: Vec<Vec<String>> = elements
            .take(SHOWN)
            .map(|(index, ((float, integer), value))| {
                vec![
                    index.to_string(),
                    format!("{float:.6}"),
                    integer.to_string(),
                    match output.element {
                        ElementKind::Integer | ElementKind::Boolean => integer.to_string(),
                        _ => format!("{value:.6}"),
                    },
                ]
            })
            .collect();
        let header = [
            ("index", Align::Right),
            ("float", Align::Right),
            ("integer", Align::Right),
            ("stands for", Align::Right),
        ];
        text.push_str(&table(&header, &rows));
        if float.len() > SHOWN {
            text.push_str(&format!("  … {} more (all with --json)\n", float.len() - SHOWN));
        }
        text.push('\n');
    }
    text
}
