//! Whether an integer model answers what its float model answers, as far as calibration data and scales show.

use crate::finding::{Fault, Finding, MOST_BITS};
use hallmark_import::Imported;
use hallmark_model::ops::Role;
use hallmark_model::{AccuracyReport, FloatTensor, Graph, ModelError, Quantized, TensorAccuracy, TensorId};

/// Share of rows whose greatest element must be at the same place.
const LEAST_AGREEMENT: f64 = 0.99;
/// Greatest error of a column beside the column's spread.
const GREATEST_ERROR: f64 = 0.01;
/// Error of a column beside its spread from which on it is useless.
const USELESS: f64 = 0.5;
/// Integers below this are exact in single precision.
const EXACT: f32 = (1u32 << f32::MANTISSA_DIGITS) as f32;
/// Elements of a column from which on its spread says something.
const ELEMENTS: usize = 4;

/// Looks at the same model with the most bits that there are, so that a remedy is one.
pub(crate) fn with_most_bits(
    findings: &mut [Finding],
    bits: u32,
    examine: impl FnOnce(u32) -> Option<Vec<Finding>>,
) {
    if findings.is_empty() || bits >= MOST_BITS {
        return;
    }
    if let Some(there) = examine(MOST_BITS) {
        for finding in findings {
            finding.at_most_bits = Some(finding.among(&there));
        }
    }
}

/// What is wrong with the answers of `quantized`. `guessed` says that the samples are no data but random numbers, on which a
/// coarse answer proves little.
///
/// # Errors
/// Those of running the models.
pub(crate) fn examine(
    imported: &Imported,
    quantized: &Quantized,
    (accuracy, samples): (&AccuracyReport, &[Vec<FloatTensor>]),
    (bits, guessed): (u32, bool),
) -> Result<Vec<Finding>, ModelError> {
    let mut faults = Vec::new();
    if accuracy.refused > 0 {
        faults.push(Fault::Refused {
            refused: accuracy.refused,
            samples: accuracy.samples,
            first: accuracy.first_refusal.clone().unwrap_or_default(),
        });
    }
    rounded(imported, quantized, &mut faults);
    overflows(imported, quantized, accuracy, &mut faults);
    if faults.is_empty() {
        inexact(imported, quantized, samples, &mut faults)?;
    }
    let worst = accuracy
        .tensors
        .iter()
        .filter_map(loss)
        .min_by(|a, b| a.1.total_cmp(&b.1));
    for output in &accuracy.outputs {
        let name = output.name.clone();
        let columns = output
            .worst_column
            .iter()
            .filter(|column| column.elements >= ELEMENTS);
        for column in columns {
            let (column, worst) = (column.clone(), worst.clone());
            let error = column.relative_error().unwrap_or(0.0);
            if error >= USELESS && !guessed {
                faults.push(Fault::Useless {
                    output: name.clone(),
                    column,
                    worst,
                });
            } else if error > GREATEST_ERROR {
                faults.push(Fault::Coarse {
                    output: name.clone(),
                    column,
                    worst,
                });
            }
        }
        if let Some(agreement) = output.argmax_agreement.filter(|share| *share < LEAST_AGREEMENT) {
            faults.push(Fault::Disagrees {
                output: name,
                agreement,
                worst: worst.clone(),
            });
        }
    }
    Ok(faults
        .into_iter()
        .map(|what| Finding {
            what,
            bits,
            at_most_bits: None,
        })
        .collect())
}

/// The name of a tensor and how little of its signal is left.
fn loss(tensor: &TensorAccuracy) -> Option<(String, f64)> {
    tensor
        .signal_to_noise_db
        .map(|decibels| (tensor.name.clone(), decibels))
}

/// Inputs and outputs of integers, and what lies between, that are rounded to scales that do not hold integers.
fn rounded(imported: &Imported, quantized: &Quantized, faults: &mut Vec<Fault>) {
    let graph = &quantized.graph;
    let kind = |id: &TensorId| {
        let source = quantized.sources.get(id.0).copied().flatten()?;
        Some(imported.graph.values.get(source.0)?.whole?.kind)
    };
    let mut check = |id: &TensorId, output: Option<&str>| {
        let Some(tensor) = graph.tensors.get(id.0) else {
            return;
        };
        let scale_bits = tensor.kind.scale_bits().unwrap_or(0);
        let Some(kind) = kind(id).filter(|_| scale_bits < 0 && rounds(quantized, *id)) else {
            return;
        };
        let fault = Fault::Rounded {
            tensor: tensor.name.clone(),
            kind: kind.name,
            step_bits: scale_bits.unsigned_abs(),
            output: output.filter(|output| *output != tensor.name).map(str::to_owned),
        };
        let there = faults.iter().any(
            |other| matches!(other, Fault::Rounded { tensor, .. } if *tensor == graph.tensors[id.0].name),
        );
        if !there {
            faults.push(fault);
        }
    };
    graph.inputs.iter().for_each(|id| check(id, None));
    for (id, _) in integer_outputs(imported, graph) {
        let name = graph.tensors.get(id.0).map(|tensor| tensor.name.as_str());
        for ancestor in ancestors(quantized, id) {
            check(&ancestor, name);
        }
    }
}

/// Whether a tensor is made by rounding: an input, or the result of a requantisation or table. What others give at a coarse scale are
/// multiples of a constant's powers of two.
fn rounds(quantized: &Quantized, id: TensorId) -> bool {
    let maker = quantized
        .graph
        .nodes
        .iter()
        .find(|node| node.outputs.contains(&id));
    maker.is_none_or(|node| node.op.role() == Role::Rounds)
}

/// The outputs of integers.
fn integer_outputs<'a>(
    imported: &'a Imported,
    graph: &'a hallmark_model::QuantizedGraph,
) -> impl Iterator<Item = (TensorId, &'static str)> + 'a {
    let outputs = graph.outputs.iter().zip(&imported.outputs);
    outputs.filter_map(|(id, kind)| kind.map(|kind| (*id, kind.name)))
}

/// A tensor and all that it is computed from, up to the arg-maxima: what these decide on need not be integers.
fn ancestors(quantized: &Quantized, output: TensorId) -> Vec<TensorId> {
    let graph = &quantized.graph;
    let mut wanted = vec![false; graph.tensors.len()];
    if let Some(wanted) = wanted.get_mut(output.0) {
        *wanted = true;
    }
    for node in graph.nodes.iter().rev() {
        let decides = node.op.role() == Role::Decides;
        let made = node.outputs.iter().any(|id| wanted.get(id.0) == Some(&true));
        if made && !decides {
            for input in &node.inputs {
                if let Some(wanted) = wanted.get_mut(input.0) {
                    *wanted = true;
                }
            }
        }
    }
    let tensors = wanted.into_iter().enumerate().filter(|(_, wanted)| *wanted);
    tensors.map(|(id, _)| TensorId(id)).collect()
}

/// Integers that leave their type on the calibration data.
fn overflows(imported: &Imported, quantized: &Quantized, accuracy: &AccuracyReport, faults: &mut Vec<Fault>) {
    for (tensor, source) in accuracy.tensors.iter().zip(&quantized.sources) {
        let kind = source.and_then(|source| Some(imported.graph.values.get(source.0)?.whole?.kind));
        let (Some(kind), Some(seen)) = (kind, tensor.observed) else {
            continue;
        };
        let ends = [seen.0, seen.1].map(|end| tensor.kind.value(end));
        let outside = |value: &&f64| **value < kind.holds.0 as f64 || **value > kind.holds.1 as f64;
        if let Some(value) = ends.iter().find(outside) {
            faults.push(Fault::Overflow {
                tensor: tensor.name.clone(),
                kind: kind.name,
                value: *value,
            });
        }
    }
}

/// Outputs of integers that differ from the float model's, although every arg-max on the way decided alike.
fn inexact(
    imported: &Imported,
    quantized: &Quantized,
    samples: &[Vec<FloatTensor>],
    faults: &mut Vec<Fault>,
) -> Result<(), ModelError> {
    let (float, graph) = (&imported.graph, &quantized.graph);
    let outputs: Vec<_> = integer_outputs(imported, graph).collect();
    if outputs.is_empty() {
        return Ok(());
    }
    let decisions: Vec<TensorId> = graph
        .nodes
        .iter()
        .filter(|node| node.op.role() == Role::Decides)
        .map(hallmark_model::QNode::output)
        .collect();
    for (number, sample) in samples.iter().enumerate() {
        let Some((floats, integers)) = both(float, quantized, sample)? else {
            continue;
        };
        let pair = |id: &TensorId| {
            let source = quantized.sources.get(id.0).copied().flatten()?;
            Some((floats.get(source.0)?, integers.get(id.0)?))
        };
        if !decisions
            .iter()
            .filter_map(pair)
            .all(|(expected, got)| expected == got)
        {
            continue;
        }
        for (id, kind) in &outputs {
            let Some((expected, got)) = pair(id) else { continue };
            // The float model's own integers are exact up to here.
            let exact = |value: f32| value.abs() < EXACT;
            let other = expected.iter().zip(got).find(|&(e, g)| e != g && exact(*e));
            let known = |name: &str| {
                faults
                    .iter()
                    .any(|f| matches!(f, Fault::Inexact { output, .. } if output == name))
            };
            if let (Some((&expected, &got)), Some(tensor)) = (other, graph.tensors.get(id.0))
                && !known(&tensor.name)
            {
                faults.push(Fault::Inexact {
                    output: tensor.name.clone(),
                    kind,
                    sample: number,
                    expected,
                    got,
                });
            }
        }
    }
    Ok(())
}

/// All tensors of the float model, and of the integer model.
type Both = (Vec<FloatTensor>, Vec<FloatTensor>);

/// All tensors of both models, the integer model's as what they stand for; nothing for a sample that one of them refuses.
fn both(float: &Graph, quantized: &Quantized, sample: &[FloatTensor]) -> Result<Option<Both>, ModelError> {
    let graph = &quantized.graph;
    let inputs = sample
        .iter()
        .enumerate()
        .map(|(index, tensor)| graph.quantize_input(index, tensor));
    let trace = match inputs
        .collect::<Result<Vec<_>, _>>()
        .and_then(|inputs| graph.run(&inputs))
    {
        Ok(trace) => trace,
        Err(ModelError::OutOfRange { .. } | ModelError::InputOutOfRange { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let tensors = trace.tensors.iter().enumerate();
    let integers = tensors
        .map(|(id, tensor)| graph.dequantize(TensorId(id), tensor))
        .collect();
    Ok(Some((float.run(sample)?, integers)))
}
