//! Inputs as clients send them, and what the integer model answers.

use crate::job::OutputTensor;
use crate::models::OpenModel;
use crate::problem::{Problem, ProblemKind};
use hallmark::project::run_integers;
use hallmark::{Error, Output};
use hallmark_import::input::{InputLimits, parse};
use hallmark_model::{FloatTensor, ModelError, QuantizedGraph, Trace};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// Reads the only sample of an `input` member: an object of tensors by name, `{"input_data": […]}`, or the bare numbers
/// of a model with one input.
///
/// # Errors
/// `invalid-input` that says what was expected.
pub fn read_input(input: &RawValue, model: &OpenModel) -> Result<Vec<FloatTensor>, Problem> {
    bounded(input.get(), model)?;
    let mut samples = parse(input.get().as_bytes(), &model.inputs, &InputLimits::default())
        .map_err(|error| invalid(error.to_string(), model))?;
    match (samples.pop(), samples.len()) {
        (Some(sample), 0) => Ok(sample),
        (_, others) => Err(invalid(
            format!("one sample expected, got {}; send a request for each", others + 1),
            model,
        )),
    }
}

/// Values that an input may hold for each number that the model takes: brackets around single numbers, and other members.
const VALUES_PER_NUMBER: usize = 8;
/// Values that any input may hold.
const VALUES: usize = 10_000;

/// Refuses an input that holds many more values than the model takes, before anything is allocated for them, and a list of numbers where
/// there are several inputs.
fn bounded(text: &str, model: &OpenModel) -> Result<(), Problem> {
    let numbers: usize = model
        .inputs
        .iter()
        .map(|input| input.shape.iter().product::<usize>())
        .sum();
    let most = numbers.saturating_mul(VALUES_PER_NUMBER).saturating_add(VALUES);
    let found = values(text);
    if found > most {
        let detail = format!("it holds {found} values; the model takes {numbers} numbers");
        return Err(invalid(detail, model));
    }
    let bare = text.trim_start_matches('[').trim_start();
    let flat = !text.starts_with("[[") && bare.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if flat && model.inputs.len() > 1 {
        let detail = format!(
            "numbers without a name; the model has {} inputs: send an object with a list of numbers for each",
            model.inputs.len()
        );
        return Err(invalid(detail, model));
    }
    Ok(())
}

/// How many values a JSON text holds, lists and objects included, within one.
fn values(text: &str) -> usize {
    let (mut count, mut quoted, mut escaped) = (1, false, false);
    for byte in text.bytes() {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b',' | b'[' | b'{') => count += 1,
            _ => {}
        }
    }
    count
}

fn invalid(detail: String, model: &OpenModel) -> Problem {
    let expected: Vec<Value> = model
        .inputs
        .iter()
        .map(|input| json!({ "name": input.name, "shape": input.shape }))
        .collect();
    Problem::new(ProblemKind::InvalidInput, format!("input: {detail}")).with("expected", expected)
}

/// The sample as JSON that every reader of inputs takes, with exactly the numbers that were read.
#[must_use]
pub fn canonical(sample: &[FloatTensor]) -> Vec<u8> {
    let lists: Vec<Vec<f32>> = sample
        .iter()
        .map(|tensor| tensor.iter().copied().collect())
        .collect();
    serde_json::to_vec(&json!({ "input_data": lists })).unwrap_or_default()
}

/// Quantises a sample and runs the integer model.
///
/// # Errors
/// `input-out-of-range` or `invalid-input` that names the tensor and the element.
pub fn run(graph: &QuantizedGraph, sample: &[FloatTensor]) -> Result<Arc<Trace>, Problem> {
    run_integers(graph, sample).map_err(|error| match error {
        Error::Model(error) => refused(&error),
        error => Problem::new(ProblemKind::InvalidInput, error.to_string()),
    })
}

fn refused(error: &ModelError) -> Problem {
    let kind = match error {
        ModelError::OutOfRange { .. } | ModelError::InputOutOfRange { .. } => ProblemKind::InputOutOfRange,
        _ => ProblemKind::InvalidInput,
    };
    let problem = Problem::new(kind, error.to_string());
    match error {
        ModelError::OutOfRange { tensor, index, .. } | ModelError::InputOutOfRange { tensor, index, .. } => {
            problem.with("tensor", tensor).with("index", index)
        }
        _ => problem,
    }
}

/// The outputs of a run.
#[must_use]
pub fn outputs(graph: &QuantizedGraph, trace: &Trace) -> Vec<OutputTensor> {
    let outputs = Output::of_trace(graph, trace);
    outputs.into_iter().map(OutputTensor::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (text, count) in [
            ("1", 1),
            ("[]", 2),
            ("[1, 2, 3]", 4),
            ("[[1], [2]]", 5),
            ("{\"a\": [1], \"b[,\\\",{\": \"[,\\\\\"}", 4),
        ] {
            assert_eq!(values(text), count, "{text}");
        }
    }
}
