//! Inputs as clients send them, and what the integer model answers.

use crate::job::OutputTensor;
use crate::models::OpenModel;
use crate::problem::{Problem, ProblemKind};
use hallmark_import::input::{InputLimits, parse};
use hallmark_model::{FloatTensor, IntTensor, ModelError, QuantizedGraph, Trace};
use serde_json::value::RawValue;
use serde_json::{Value, json};

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
pub fn run(graph: &QuantizedGraph, sample: &[FloatTensor]) -> Result<Trace, Problem> {
    let inputs: Result<Vec<IntTensor>, ModelError> = sample
        .iter()
        .enumerate()
        .map(|(index, tensor)| graph.quantize_input(index, tensor))
        .collect();
    inputs
        .and_then(|inputs| graph.run(&inputs))
        .map_err(|error| refused(&error))
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
    let tensors = graph.outputs.iter().filter_map(|id| graph.tensors.get(id.0));
    tensors
        .zip(trace.outputs(graph))
        .map(|(tensor, integers)| {
            let integers: Vec<i64> = integers.iter().copied().collect();
            let unit = 2f64.powi(-tensor.scale_bits);
            let vector = tensor.shape.iter().filter(|axis| **axis != 1).count() == 1;
            OutputTensor {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                scale_bits: tensor.scale_bits,
                values: integers.iter().map(|integer| *integer as f64 * unit).collect(),
                argmax: vector.then(|| argmax(&integers)),
                integers,
            }
        })
        .collect()
}

/// Index of the largest element, the first of equal ones.
fn argmax(values: &[i64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if values.get(best).is_some_and(|largest| value > largest) {
            best = index;
        }
    }
    best
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
