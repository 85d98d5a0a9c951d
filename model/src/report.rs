//! How well an integer graph agrees with the float graph it was made from.

use crate::ops::Role;
use crate::{ElementKind, FloatTensor, Graph, ModelError, Quantized, TensorId, Trace};
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
    /// Greatest magnitude of the difference from the float output. `None`, like the next two, where no sample was accepted.
    pub max_abs_error: Option<f64>,
    /// Mean magnitude of the difference.
    pub mean_abs_error: Option<f64>,
    /// Greatest magnitude of the float output, to compare with.
    pub max_abs_value: Option<f64>,
    /// The column (place along the last axis) whose error is the greatest beside the column's own spread. `None` for arg-max
    /// outputs, and where no column varies.
    pub worst_column: Option<ColumnAccuracy>,
    /// All columns, of outputs that have at most [`MAX_COLUMNS`].
    pub columns: Vec<ColumnAccuracy>,
    /// Share of rows (along the last axis) whose greatest element is at the same place; for an arg-max output,
    /// share of equal indices. `None` where a row has one element, or no sample was accepted.
    pub argmax_agreement: Option<f64>,
}

/// Columns that are listed one by one.
pub const MAX_COLUMNS: usize = 64;

/// Agreement of the elements at one place along an output's last axis: a quantity of its own, as a price beside a
/// probability is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnAccuracy {
    /// The place.
    pub index: usize,
    /// Greatest magnitude of the difference from the float values.
    pub max_abs_error: f64,
    /// Mean magnitude of the difference.
    pub mean_abs_error: f64,
    /// The greatest float value less the least.
    pub spread: f64,
    /// Elements that were compared.
    pub elements: usize,
}

impl ColumnAccuracy {
    /// The greatest error as a share of the spread; `None` where the column does not vary.
    #[must_use]
    pub fn relative_error(&self) -> Option<f64> {
        (self.spread > 0.0).then(|| self.max_abs_error / self.spread)
    }
}

/// Running extremes of a column.
#[derive(Clone, Copy)]
struct Column {
    max_error: f64,
    sum_error: f64,
    low: f64,
    high: f64,
    elements: usize,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            max_error: 0.0,
            sum_error: 0.0,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            elements: 0,
        }
    }
}

/// The columns of an output.
fn add_columns(columns: &mut Vec<Column>, expected: &FloatTensor, got: &FloatTensor) {
    let length = expected.shape().last().copied().unwrap_or(1).max(1);
    columns.resize(length, Column::default());
    for (position, (&x, &y)) in expected.iter().zip(got).enumerate() {
        let (x, error) = (f64::from(x), (f64::from(x) - f64::from(y)).abs());
        if let Some(column) = columns.get_mut(position % length) {
            column.max_error = column.max_error.max(error);
            column.sum_error += error;
            column.low = column.low.min(x);
            column.high = column.high.max(x);
            column.elements += 1;
        }
    }
}

fn column_accuracy(columns: &[Column]) -> Vec<ColumnAccuracy> {
    let columns = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.elements > 0);
    columns
        .map(|(index, column)| ColumnAccuracy {
            index,
            max_abs_error: column.max_error,
            mean_abs_error: column.sum_error / column.elements as f64,
            spread: column.high - column.low,
            elements: column.elements,
        })
        .collect()
}

/// Agreement of a tensor within the graph, and how much of its interval is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TensorAccuracy {
    /// The tensor's name.
    pub name: String,
    /// The operation that makes it, or "Input".
    pub op: String,
    /// What its integers stand for.
    pub kind: ElementKind,
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
    let mut outputs = vec![(Comparison::default(), Vec::new()); integer.outputs.len()];
    for sample in samples {
        let floats = graph.run_borrowed(sample)?;
        let trace = match execute(quantized, sample) {
            Ok(trace) => trace,
            Err(error @ (ModelError::OutOfRange { .. } | ModelError::InputOutOfRange { .. })) => {
                result.refused += 1;
                // That the calibration data should cover the input is no remedy for calibration data.
                result.first_refusal.get_or_insert_with(|| error.cause());
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
        for ((id, value), (comparison, columns)) in
            integer.outputs.iter().zip(&graph.outputs).zip(&mut outputs)
        {
            let got = integer.dequantize(*id, &trace.tensors[id.0]);
            let is_index = holds_indices(quantized, *id);
            comparison.add(&floats[value.0], &got);
            comparison.add_rows(&floats[value.0], &got, is_index);
            if !is_index {
                add_columns(columns, &floats[value.0], &got);
            }
        }
    }
    let names = graph
        .outputs
        .iter()
        .map(|value| graph.values[value.0].name.clone());
    result.outputs = names
        .zip(&outputs)
        .map(|(name, (comparison, columns))| output_accuracy(name, comparison, columns))
        .collect();
    result.tensors = integer
        .tensors
        .iter()
        .enumerate()
        .map(|(id, tensor)| TensorAccuracy {
            name: tensor.name.clone(),
            op: producer(quantized, TensorId(id)).unwrap_or("Input").to_owned(),
            kind: tensor.kind,
            interval: tensor.interval,
            observed: observed[id],
            headroom: observed[id].and_then(|seen| headroom(tensor.interval, seen)),
            signal_to_noise_db: tensors[id].signal_to_noise_db(),
        })
        .collect();
    Ok(result)
}

fn output_accuracy(name: String, c: &Comparison, columns: &[Column]) -> OutputAccuracy {
    let some = |value: f64| (c.count > 0.0).then_some(value);
    let mut columns = column_accuracy(columns);
    let relative = |column: &ColumnAccuracy| column.relative_error().unwrap_or(-1.0);
    let worst = columns
        .iter()
        .max_by(|a, b| relative(a).total_cmp(&relative(b)))
        .filter(|column| column.spread > 0.0)
        .cloned();
    if columns.len() > MAX_COLUMNS {
        columns.clear();
    }
    OutputAccuracy {
        name,
        max_abs_error: some(c.max_error),
        mean_abs_error: some(c.absolute / c.count.max(1.0)),
        max_abs_value: some(c.max_value),
        worst_column: worst,
        columns,
        argmax_agreement: (c.rows > 0.0).then(|| c.agreeing_rows / c.rows),
    }
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
        .find(|node| node.outputs.contains(&id))
        .map(|node| node.op.name())
}

/// Whether a tensor holds the indices of an arg-max, perhaps moved about.
fn holds_indices(quantized: &Quantized, id: TensorId) -> bool {
    let mut nodes = quantized.graph.nodes.as_slice();
    let mut id = id;
    // Nodes are in topological order: whoever makes the input of a node stands before it.
    while let Some(position) = nodes.iter().rposition(|node| node.outputs.contains(&id)) {
        let node = &nodes[position];
        match (node.op.role(), &node.inputs[..]) {
            (Role::Decides, _) => return true,
            (Role::Moves, [input]) => id = *input,
            _ => return false,
        }
        nodes = &nodes[..position];
    }
    false
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
