//! The integer model beside the float model on one input.

use crate::ProjectError;
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
    /// Name of the tensor.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// An integer v stands for `v / 2^scale_bits`.
    pub scale_bits: i32,
    /// The float model's elements.
    pub float: Vec<f32>,
    /// The integer model's elements.
    pub integers: Vec<i64>,
    /// What the integers stand for.
    pub values: Vec<f64>,
}

/// Quantises `sample` and runs the integer model.
///
/// # Errors
/// [`ProjectError::Model`] with the tensor and element that is out of range, not finite or of another shape.
pub fn run_integers(graph: &QuantizedGraph, sample: &[FloatTensor]) -> Result<Arc<Trace>, ProjectError> {
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
/// As [`run_integers`], and [`ProjectError::BatchSize`] if there are none, or more than executions.
pub fn run_batch(
    model: &QuantizedGraph,
    batch: &QuantizedGraph,
    executions: usize,
    samples: &[Vec<FloatTensor>],
) -> Result<Arc<Trace>, ProjectError> {
    if samples.is_empty() || samples.len() > executions {
        return Err(ProjectError::BatchSize {
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
/// [`ProjectError::Model`] if the float model refuses the sample.
pub fn compare(
    float: &Graph,
    graph: &QuantizedGraph,
    sample: &[FloatTensor],
    trace: &Trace,
) -> Result<Comparison, ProjectError> {
    let floats = float.run(sample)?;
    let mut comparison = Comparison {
        outputs: Vec::new(),
        max_abs_error: 0.0,
        argmax_match: true,
    };
    for ((value, id), integers) in float.outputs.iter().zip(&graph.outputs).zip(trace.outputs(graph)) {
        let (Some(floats), Some(tensor)) = (floats.get(value.0), graph.tensors.get(id.0)) else {
            return Err(ProjectError::Outputs);
        };
        let float: Vec<f32> = floats.iter().copied().collect();
        let integers: Vec<i64> = integers.iter().copied().collect();
        let unit = 2f64.powi(-tensor.scale_bits);
        let values: Vec<f64> = integers.iter().map(|integer| *integer as f64 * unit).collect();
        let errors = float
            .iter()
            .zip(&values)
            .map(|(float, value)| (f64::from(*float) - value).abs());
        comparison.max_abs_error = errors.fold(comparison.max_abs_error, f64::max);
        let row = tensor.shape.last().copied().unwrap_or(1).max(1);
        let wide: Vec<f64> = float.iter().map(|float| f64::from(*float)).collect();
        comparison.argmax_match &= wide
            .chunks(row)
            .zip(values.chunks(row))
            .all(|(a, b)| argmax(a) == argmax(b));
        comparison.outputs.push(OutputComparison {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            scale_bits: tensor.scale_bits,
            float,
            integers,
            values,
        });
    }
    Ok(comparison)
}

/// Index of the largest element, the first of equal ones.
pub fn argmax(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if values.get(best).is_some_and(|largest| value > largest) {
            best = index;
        }
    }
    best
}
