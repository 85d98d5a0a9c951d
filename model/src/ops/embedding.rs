//! Rows of a constant table by computed indices.

use super::affine::Affine;
use super::check::arity;
use super::lookup::Lookup;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, Ranged, Shaped};
use super::requantize::Requantize;
use super::reshape::Reshape;
use super::scales::{quantize_value, scale_for, whole_numbers};
use crate::shape::{self, View};
use crate::{ElementKind, FloatTensor, ModelError, TensorId, limits};

/// `[indices (…), table (V, D) constant] → (…, D)`: for every index, that row; an index below zero counts from the end. Indices are
/// integers from −V to V − 1. Of others the float model has NaN, and an execution of the integer model is an error; unless they are
/// rows of zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embedding {
    /// Whether indices outside of the table are rows of zeros.
    pub zeros_outside: bool,
}

/// The row of an index.
fn row(index: i64, rows: usize) -> Option<usize> {
    let rows = rows as i64;
    let row = if index < 0 {
        index.checked_add(rows)?
    } else {
        index
    };
    (0..rows).contains(&row).then_some(row as usize)
}

/// Rows and columns of a table.
fn size(table: &[usize]) -> (usize, usize) {
    match table {
        &[rows, columns] => (rows, columns),
        _ => (0, 0),
    }
}

impl Shaped for Embedding {
    fn name(&self) -> &'static str {
        "Embedding"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let inputs = arity(inputs, 2..=2)?;
        match inputs[1] {
            &[_, columns] => Ok([inputs[0], &[columns]].concat()),
            other => Err(format!("table of shape {other:?}, expected (V, D)")),
        }
    }
}

impl FloatOp for Embedding {
    fn evaluate(&self, inputs: &[View<f32>], _output: &[usize]) -> Vec<f32> {
        let (rows, columns) = size(inputs[1].shape);
        let mut result = Vec::with_capacity(inputs[0].data.len() * columns);
        for &index in inputs[0].data {
            let chosen = (index.fract() == 0.0).then(|| row(index as i64, rows)).flatten();
            match chosen {
                Some(row) => result.extend_from_slice(&inputs[1].data[row * columns..][..columns]),
                None if self.zeros_outside => result.extend(std::iter::repeat_n(0.0, columns)),
                None => result.extend(std::iter::repeat_n(f32::NAN, columns)),
            }
        }
        result
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], _outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        let &[indices, table] = inputs else { return None };
        let (rows, columns) = size(table.shape);
        let mut result = Vec::with_capacity(indices.data.len() * columns);
        for &index in indices.data {
            match row(index, rows) {
                Some(row) => result.extend_from_slice(&table.data[row * columns..][..columns]),
                None if self.zeros_outside => result.extend(std::iter::repeat_n(0, columns)),
                None => return None,
            }
        }
        Some(vec![result])
    }
    fn unsupported(&self, constants: &[Option<&FloatTensor>]) -> Option<String> {
        match constants {
            [None, Some(_)] => None,
            _ => Some("the table must be constant and the indices computed".to_owned()),
        }
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let (low, high) = inputs.get(1)?.range?;
        Some(match self.zeros_outside {
            true => (low.min(0), high.max(0)),
            false => (low, high),
        })
    }
}

/// What rows of tables are made of.
trait Rows: Operation + From<Affine> + From<Lookup> + From<Reshape> {}

impl<O: Operation + From<Affine> + From<Lookup> + From<Reshape>> Rows for O {}

impl<O: Rows> Quantize<O> for Embedding {
    /// Requantize by nothing where the indices can leave the table, Affine to the places of the row's elements, Lookup.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let Some(table) = to.constant(node, 1) else {
            return Err(to.error(node, "the table must be constant".to_owned()));
        };
        let (rows, columns) = size(table.shape());
        let indices = to.input(node, 0)?;
        if !to.tensor(indices).kind.is_whole() {
            return Err(to.error(node, "the indices must be integers".to_owned()));
        }
        let negative = to.tensor(indices).interval.0 < 0;
        let first = if negative { -(rows as i64) } else { 0 };
        let indices = match self.zeros_outside {
            true => indices,
            false => within(to, node, indices, (first, rows as i64 - 1))?,
        };
        let interval = to.tensor(indices).interval;
        let entries = (interval.1 - interval.0 + 1) as u128 * columns as u128;
        if entries > limits::MAX_TABLE as u128 {
            let reason = format!(
                "a table of {rows} rows and {columns} columns, by indices from {} to {}, takes {entries} entries, and tables have at \
                 most {}; choose the rows outside of the model and give them as an input",
                interval.0,
                interval.1,
                limits::MAX_TABLE
            );
            return Err(to.error(node, reason));
        }
        // The place of a row's element is index·D + column.
        let spread = [to.tensor(indices).shape.clone(), vec![1]].concat();
        let indices = to.emit(
            node,
            (Reshape, vec![indices]),
            (".row", ElementKind::Integer),
            &spread,
        )?;
        let within_row = (0..columns as i64).collect();
        let constant = shape::tensor(&[columns], within_row).map_err(|reason| to.error(node, reason))?;
        let op = Affine {
            coefficients: vec![columns as i64],
            constant: Some(constant),
        };
        let shape = to.shape(node);
        let places = to.emit(
            node,
            (op, vec![indices]),
            (".place", ElementKind::Integer),
            &shape,
        )?;
        lookup(to, node, places, (table, first))
    }
}

/// The indices as integers of a table's rows: what lies outside is an error.
///
/// A requantisation by no bits has any interval of 2^n values. One that ends with the last row and one that begins with the first one
/// leave the rows, and indices from the end where there can be any.
fn within<O: Rows>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    mut indices: TensorId,
    (first, last): (i64, i64),
) -> Result<TensorId, ModelError> {
    let bits = u64::BITS - ((last - first) as u64).leading_zeros();
    if bits > limits::MAX_REQUANTIZED_BITS {
        return Err(to.error(node, format!("a table of {} rows is too long", last + 1)));
    }
    let room = (1i64 << bits.max(1)) - 1;
    let (low, high) = to.tensor(indices).interval;
    if high > last {
        let interval = (last - room, last);
        indices = narrowed(to, node, indices, (".index_to_last", interval));
    }
    if low < first {
        indices = narrowed(to, node, indices, (".index_from_first", (first, first + room)));
    }
    Ok(indices)
}

fn narrowed<O: Rows>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    indices: TensorId,
    (suffix, interval): (&str, (i64, i64)),
) -> TensorId {
    let shape = to.tensor(indices).shape.clone();
    let op = (Requantize { shift: 0 }, vec![indices]);
    to.emit_within(node, op, (suffix, ElementKind::Integer), &shape, interval)
}

/// The elements at places of a table.
fn lookup<O: Rows>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    places: TensorId,
    (table, first): (&FloatTensor, i64),
) -> Result<TensorId, ModelError> {
    let (rows, columns) = size(table.shape());
    let (low, high) = to.tensor(places).interval;
    let exact = to.values[node.output().0]
        .whole
        .and_then(|_| whole_numbers(table));
    let (values, kind) = match exact {
        Some(integers) => (integers, ElementKind::Integer),
        None => {
            let greatest = table.iter().fold(0f64, |m, &v| m.max(f64::from(v).abs()));
            let scale = scale_for(greatest, to.bits(node.output()));
            let rounded: Result<Vec<i64>, String> =
                table.iter().map(|&v| quantize_value(v.into(), scale)).collect();
            let rounded = rounded.map_err(|reason| to.error(node, reason))?;
            (rounded, ElementKind::real(scale))
        }
    };
    // Without zeros outside, intervals of 2^n values may go beyond the rows that `within` leaves: no execution comes there.
    let entry = |place: i64| {
        let (index, column) = (place.div_euclid(columns as i64), place.rem_euclid(columns as i64));
        let row = row(index, rows).filter(|_| index >= first);
        row.map_or(0, |row| values[row * columns + column as usize])
    };
    let op = Lookup {
        function: "Embedding".to_owned(),
        table: (low..=high).map(entry).collect(),
    };
    let shape = to.shape(node);
    to.emit(node, (op, vec![places]), ("", kind), &shape)
}
