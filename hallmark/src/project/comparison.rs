//! The integer model beside the float model on one input.

use crate::{Error, Output, argmax};
use hallmark_model::{FloatTensor, Graph, QuantizedGraph, Trace, stack};
use serde::Serialize;
use std::sync::Arc;

/// Both models' outputs.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Outputs in the model's order.
    pub outputs: Vec<OutputComparison>,
    /// Largest difference between a float and what its integer stands for.
    pub max_abs_error: f64,
    /// Whether the largest element along the last axis is the same one everywhere.
    pub argmax_match: bool,
}

/// One output of both models, row-major.
#[derive(Clone, Debug, Serialize)]
pub struct OutputComparison {
    /// The integer model's.
    #[serde(flatten)]
    pub output: Output,
    /// The float model's elements.
    pub float: Vec<f32>,
}

/// Quantises `sample` and runs the integer model.
///
/// # Errors
/// [`Error::Model`] with the tensor and element that is out of range, not finite or of another shape.
pub fn run_integers(graph: &QuantizedGraph, sample: &[FloatTensor]) -> Result<Arc<Trace>, Error> {
    let inputs: Result<Vec<_>, _> = sample
        .iter()
        .enumerate()
        .map(|(index, tensor)| graph.quantize_input(index, tensor))
        .collect();
    Ok(Arc::new(graph.run(&inputs?)?))
}

/// Quantises `samples` and runs `batch`, the integer model for several executions. Where there are fewer samples than
/// executions, the last one is repeated.
///
/// # Errors
/// As [`run_integers`], and [`Error::BatchSize`] if there are none, or more than executions.
pub fn run_batch(
    model: &QuantizedGraph,
    batch: &QuantizedGraph,
    executions: usize,
    samples: &[Vec<FloatTensor>],
) -> Result<Arc<Trace>, Error> {
    if samples.is_empty() || samples.len() > executions {
        return Err(Error::BatchSize {
            got: samples.len(),
            executions,
        });
    }
    let quantised = |sample: &Vec<FloatTensor>| {
        let tensors = sample.iter().enumerate();
        tensors
            .map(|(index, tensor)| model.quantize_input(index, tensor))
            .collect::<Result<Vec<_>, _>>()
    };
    let mut inputs = samples.iter().map(quantised).collect::<Result<Vec<_>, _>>()?;
    if let Some(last) = inputs.last().cloned() {
        inputs.resize(executions, last);
    }
    Ok(Arc::new(batch.run(&stack(&inputs)?)?))
}

/// Runs the float model on `sample` and compares.
///
/// # Errors
/// [`Error::Model`] if the float model refuses the sample.
pub fn compare(
    float: &Graph,
    graph: &QuantizedGraph,
    sample: &[FloatTensor],
    trace: &Trace,
) -> Result<Comparison, Error> {
    let floats = float.run(sample)?;
    let mut comparison = Comparison {
        outputs: Vec::new(),
        max_abs_error: 0.0,
        argmax_match: true,
    };
    for (value, output) in float.outputs.iter().zip(Output::of_trace(graph, trace)) {
        let floats = floats.get(value.0).ok_or(Error::Outputs)?;
        let float: Vec<f32> = floats.iter().copied().collect();
        let wide: Vec<f64> = float.iter().map(|float| f64::from(*float)).collect();
        let errors = wide
            .iter()
            .zip(&output.values)
            .map(|(float, value)| (float - value).abs());
        comparison.max_abs_error = errors.fold(comparison.max_abs_error, f64::max);
        let row = output.shape.last().copied().unwrap_or(1).max(1);
        comparison.argmax_match &= wide
            .chunks(row)
            .zip(output.values.chunks(row))
            .all(|(a, b)| argmax(a) == argmax(b));
        comparison.outputs.push(OutputComparison { output, float });
    }
    Ok(comparison)
}
