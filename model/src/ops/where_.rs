//! A choice between two tensors, element by element: `b + condition·(a − b)`.

use super::affine::Affine;
use super::check::arity;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::mul::Mul;
use super::operands::Operands;
use super::operator::{FloatOp, Ranged, Shaped};
use super::scale::Scale;
use crate::movement::expand;
use crate::shape::{self, View};
use crate::{ModelError, TensorId};

/// `[A, B, condition] →` `A` where the condition is true, else `B`; NumPy broadcasting. The condition holds booleans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Where;

/// Most bits of the operands' difference, which is a factor.
const MOST_BITS: u32 = 40;

/// The chosen elements.
fn chosen<T: Copy>(inputs: &[View<T>], output: &[usize], is_true: impl Fn(T) -> bool) -> Vec<T> {
    let [a, b, condition] = [0, 1, 2].map(|input| expand(inputs[input], output));
    let elements = condition.iter().zip(a.iter().zip(b.iter()));
    elements
        .map(|(&condition, (&a, &b))| if is_true(condition) { a } else { b })
        .collect()
}

impl Shaped for Where {
    fn name(&self) -> &'static str {
        "Where"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 3..=3)?)
    }
}

impl FloatOp for Where {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        chosen(inputs, output, |condition| condition != 0.0)
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        Some(vec![chosen(inputs, outputs.first()?, |condition| condition != 0)])
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let (a, b) = (inputs.first()?.range?, inputs.get(1)?.range?);
        Some((a.0.min(b.0), a.1.max(b.1)))
    }
}

impl<O: Operation + From<Affine> + From<Mul> + From<Scale>> Quantize<O> for Where {
    /// Affine, Mul (or Scale, where a factor is constant), Affine at the operands' common scale; then Requantize, which of integers
    /// rounds nothing.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let operands = Operands::of(to, node, [0, 1], MOST_BITS)?;
        let shape = to.shape(node);
        let product = match (to.constant(node, 2), operands.constant_difference()) {
            (Some(condition), None) => {
                let truth = condition.mapv(|x| i64::from(x != 0.0));
                let difference = operands.combined(to, node, ([1, -1], None, 0), ".difference")?;
                let op = (Scale { factor: truth }, vec![difference]);
                to.emit(node, op, (".product", operands.kind), &shape)?
            }
            (None, Some(factor)) => {
                let op = (Scale { factor }, vec![to.input(node, 2)?]);
                to.emit(node, op, (".product", operands.kind), &shape)?
            }
            _ => {
                let difference = operands.combined(to, node, ([1, -1], None, 0), ".difference")?;
                let op = (Mul, vec![to.input(node, 2)?, difference]);
                to.emit(node, op, (".product", operands.kind), &shape)?
            }
        };
        let sum = operands.combined(to, node, ([0, 1], Some((product, 1)), 0), ".sum")?;
        let [a, b] = operands.ends(to);
        operands.chosen(to, node, (sum, (a.0.min(b.0), a.1.max(b.1))))
    }
}
