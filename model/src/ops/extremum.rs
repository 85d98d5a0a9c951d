//! The greater and the lesser of two tensors, element by element: `max(a, b) = b + relu(a − b)`, `min(a, b) = a − relu(a − b)`.

use super::affine::{Affine, zip};
use super::check::{arity, corners};
use super::lookup::Lookup;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operands::Operands;
use super::operator::{Arithmetic, FloatOp, Ranged, Shaped};
use crate::shape::{self, View};
use crate::{ModelError, TensorId};

/// `[A, B] → max(A, B)`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Max;

/// `[A, B] → min(A, B)`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Min;

/// Most bits of the difference of both, which is the argument of a rectifier: of reals, and of integers, of which two of 16 bits have one
/// more.
const MOST_BITS: [u32; 2] = [16, 17];

/// Affine, a rectifier, Affine, all at the operands' common scale; then Requantize, which of integers rounds nothing.
///
/// The rectifier's result is by how much the first operand falls short of the other one, or exceeds it.
fn extremum<O: Operation + From<Affine> + From<Lookup>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    choose: fn(i128, i128) -> i128,
    sign: i64,
) -> Result<TensorId, ModelError> {
    let operands = Operands::of(to, node, [0, 1], MOST_BITS[usize::from(to.is_exact(node))])?;
    let difference = operands.combined(to, node, ([-sign, sign], None, 0), ".difference")?;
    let (low, high) = to.tensor(difference).interval;
    let relu = Lookup {
        function: "Relu".to_owned(),
        table: (low..=high).map(|x| x.max(0)).collect(),
    };
    let (kind, shape) = (operands.kind, to.shape(node));
    let excess = to.emit(node, (relu, vec![difference]), (".excess", kind), &shape)?;
    let sum = operands.combined(to, node, ([1, 0], Some((excess, sign)), 0), ".sum")?;
    let [a, b] = operands.ends(to);
    operands.chosen(to, node, (sum, (choose(a.0, b.0), choose(a.1, b.1))))
}

/// The greater of both; of what is no number and another number neither.
fn greater(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

/// The lesser of both, likewise.
fn lesser(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

impl Shaped for Max {
    fn name(&self) -> &'static str {
        "Max"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Max {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        zip(inputs, output, |a, b| greater(a.into(), b.into()) as f32)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic {
            float: greater,
            integer: |a, b| Some(a.max(b)),
        })
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        corners(inputs, i128::max)
    }
}

impl<O: Operation + From<Affine> + From<Lookup>> Quantize<O> for Max {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        extremum(to, node, i128::max, 1)
    }
}

impl Shaped for Min {
    fn name(&self) -> &'static str {
        "Min"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Min {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        zip(inputs, output, |a, b| lesser(a.into(), b.into()) as f32)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic {
            float: lesser,
            integer: |a, b| Some(a.min(b)),
        })
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        corners(inputs, i128::min)
    }
}

impl<O: Operation + From<Affine> + From<Lookup>> Quantize<O> for Min {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        extremum(to, node, i128::min, -1)
    }
}
