//! How well an integer graph agrees with the float graph it was made from.

use crate::{FloatTensor, Graph, ModelError, Quantized, TensorId, Trace};
use serde::{Deserialize, Serialize};

/// Agreement over a set of samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccuracyReport {
    /// Number of samples.
    pub samples: usize,
    /// Samples that the integer graph refused because a value left its interval.
    pub refused: usize,
    /// Why the first of them was refused.
    pub first_refusal: Option<String>,
    /// Per model output.
    pub outputs: Vec<OutputAccuracy>,
    /// Per tensor of the integer graph, in its order.
    pub tensors: Vec<TensorAccuracy>,
}

/// Agreement of an output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutputAccuracy {
    /// The output's name.
    pub name: String,
    /// Greatest magnitude of the difference from the float output.
    pub max_abs_error: f64,
    /// Mean magnitude of the difference.
    pub mean_abs_error: f64,
    /// Greatest magnitude of the float output, to compare with.
    pub max_abs_value: f64,
    /// Share of rows (along the last axis) whose greatest element is at the same place; for an arg-max output,
    /// share of equal indices. `None` where a row has one element, or no sample was accepted.
    pub argmax_agreement: Option<f64>,
}

/// Agreement of a tensor within the graph, and how much of its interval is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TensorAccuracy {
    /// The tensor's name.
    pub name: String,
    /// The operation that makes it, or "Input".
    pub op: String,
    /// The real value is `integer / 2^scale_bits`.
    pub scale_bits: i32,
    /// The interval that the tensor may use.
    pub interval: (i64, i64),
    /// The least and greatest integer seen. `None` if no sample was accepted.
    pub observed: Option<(i64, i64)>,
    /// How many times larger the values could be before they left the interval.
    pub headroom: Option<f64>,
    /// Power of the float values over that of the differences, in decibels. `None` where there is no such float
    /// value or no difference.
    pub signal_to_noise_db: Option<f64>,
}

/// Running sums of one comparison.
#[derive(Clone, Copy, Default)]
struct Comparison {
    count: f64,
    signal: f64,
    noise: f64,
    absolute: f64,
    max_error: f64,
    max_value: f64,
    rows: f64,
    agreeing_rows: f64,
}

impl Comparison {
    fn add(&mut self, expected: &FloatTensor, got: &FloatTensor) {
        for (&x, &y) in expected.iter().zip(got) {
            let (x, difference) = (f64::from(x), f64::from(x) - f64::from(y));
            self.count += 1.0;
            self.signal += x * x;
            self.noise += difference * difference;
            self.absolute += difference.abs();
            self.max_error = self.max_error.max(difference.abs());
            self.max_value = self.max_value.max(x.abs());
        }
    }

    fn add_rows(&mut self, expected: &FloatTensor, got: &FloatTensor, is_index: bool) {
        let length = if is_index {
            1
        } else {
            expected.shape().last().copied().unwrap_or(1)
        };
        if length < 2 && !is_index {
            return;
        }
        let rows = |t: &FloatTensor| -> Vec<usize> {
            let values: Vec<f32> = t.iter().copied().collect();
            values
                .chunks(length)
                .map(|row| {
                    if is_index {
                        row[0] as usize
                    } else {
                        first_maximum(row)
                    }
                })
                .collect()
        };
        for (a, b) in rows(expected).into_iter().zip(rows(got)) {
            self.rows += 1.0;
            self.agreeing_rows += f64::from(u8::from(a == b));
        }
    }

    fn signal_to_noise_db(&self) -> Option<f64> {
        (self.signal > 0.0 && self.noise > 0.0).then(|| 10.0 * libm::log10(self.signal / self.noise))
    }
}

fn first_maximum(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best })
}

/// Compares the integer graph with the float graph it was made from, on samples of one tensor per graph input.
///
/// # Errors
/// Those of [`Graph::run`] and [`crate::QuantizedGraph::run`], except for values out of range: these samples are
/// counted as refused.
pub fn report(
    graph: &Graph,
    quantized: &Quantized,
    samples: &[Vec<FloatTensor>],
) -> Result<AccuracyReport, ModelError> {
    let integer = &quantized.graph;
    integer.validate()?;
    let mut result = AccuracyReport {
        samples: samples.len(),
        ..Default::default()
    };
    let mut observed: Vec<Option<(i64, i64)>> = vec![None; integer.tensors.len()];
    let mut tensors = vec![Comparison::default(); integer.tensors.len()];
    let mut outputs = vec![Comparison::default(); integer.outputs.len()];
    for sample in samples {
        let floats = graph.run_borrowed(sample)?;
        let trace = match execute(quantized, sample) {
            Ok(trace) => trace,
            Err(error @ (ModelError::OutOfRange { .. } | ModelError::InputOutOfRange { .. })) => {
                result.refused += 1;
                result.first_refusal.get_or_insert_with(|| error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        for (id, tensor) in trace.tensors.iter().enumerate() {
            for &x in tensor {
                let (low, high) = observed[id].get_or_insert((x, x));
                (*low, *high) = ((*low).min(x), (*high).max(x));
            }
            if let Some(value) = quantized
                .sources
                .get(id)
                .copied()
                .flatten()
                .and_then(|v| floats.get(v.0))
            {
                tensors[id].add(value, &integer.dequantize(TensorId(id), tensor));
            }
        }
        for ((id, value), comparison) in integer.outputs.iter().zip(&graph.outputs).zip(&mut outputs) {
            let got = integer.dequantize(*id, &trace.tensors[id.0]);
            comparison.add(&floats[value.0], &got);
            comparison.add_rows(&floats[value.0], &got, producer(quantized, *id) == Some("ArgMax"));
        }
    }
    result.outputs = integer
        .outputs
        .iter()
        .zip(&graph.outputs)
        .zip(&outputs)
        .map(|((_, value), c)| OutputAccuracy {
            name: graph.values[value.0].name.clone(),
            max_abs_error: c.max_error,
            mean_abs_error: if c.count > 0.0 { c.absolute / c.count } else { 0.0 },
            max_abs_value: c.max_value,
            argmax_agreement: (c.rows > 0.0).then(|| c.agreeing_rows / c.rows),
        })
        .collect();
    result.tensors = integer
        .tensors
        .iter()
        .enumerate()
        .map(|(id, tensor)| TensorAccuracy {
            name: tensor.name.clone(),
            op: producer(quantized, TensorId(id)).unwrap_or("Input").to_owned(),
            scale_bits: tensor.scale_bits,
            interval: tensor.interval,
            observed: observed[id],
            headroom: observed[id].and_then(|seen| headroom(tensor.interval, seen)),
            signal_to_noise_db: tensors[id].signal_to_noise_db(),
        })
        .collect();
    Ok(result)
}

/// Quantises the sample's tensors and executes the integer graph.
fn execute(quantized: &Quantized, sample: &[FloatTensor]) -> Result<Trace, ModelError> {
    let graph = &quantized.graph;
    let inputs = sample
        .iter()
        .enumerate()
        .map(|(index, tensor)| graph.quantize_input(index, tensor));
    graph.run(&inputs.collect::<Result<Vec<_>, _>>()?)
}

fn producer(quantized: &Quantized, id: TensorId) -> Option<&'static str> {
    quantized
        .graph
        .nodes
        .iter()
        .find(|node| node.output == id)
        .map(|node| node.op.name())
}

/// The least factor by which an end of `seen` reaches the end of `interval` on its side.
fn headroom(interval: (i64, i64), seen: (i64, i64)) -> Option<f64> {
    let up = (seen.1 > 0).then(|| interval.1 as f64 / seen.1 as f64);
    let down = (seen.0 < 0).then(|| interval.0 as f64 / seen.0 as f64);
    match (up, down) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
