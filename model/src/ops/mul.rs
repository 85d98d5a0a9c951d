//! Element-wise product of two tensors.

use super::bound::{Bound, check_magnitude};
use super::check::{arithmetic_kind, arity, corners};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{Arithmetic, FloatOp, IntOp, Ranged, Ranks, Shaped};
use super::scale::{Scale, multiplied, scaled, scaled_exactly};
use super::scales::doubles;
use crate::movement::expand;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, ModelError, TensorId};

/// `[A, B] → A · B`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mul;

impl Shaped for Mul {
    fn name(&self) -> &'static str {
        "Mul"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Mul {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        super::affine::zip(inputs, output, |a, b| a * b)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic {
            float: |a, b| a * b,
            integer: |a, b| Some(a * b),
        })
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        corners(inputs, |a, b| a * b)
    }
}

impl<O: Operation + From<Mul> + From<Scale>> Quantize<O> for Mul {
    /// Mul, or Scale where one side is constant, then Requantize, unless the results are integers.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let exact = to.is_exact(node);
        match (to.constant(node, 0), to.constant(node, 1)) {
            (Some(constant), _) if exact => scaled_exactly(to, node, 1, constant),
            (None, Some(constant)) if exact => scaled_exactly(to, node, 0, constant),
            (None, None) if exact => {
                let inputs = vec![to.input(node, 0)?, to.input(node, 1)?];
                to.emit(node, (Mul, inputs), ("", ElementKind::Integer), &to.shape(node))
            }
            (Some(constant), _) => scaled(to, node, 1, (constant, doubles(constant))),
            (None, Some(constant)) => scaled(to, node, 0, (constant, doubles(constant))),
            (None, None) => {
                let (a, b) = (to.input(node, 0)?, to.input(node, 1)?);
                let scale = to.scale(a) + to.scale(b);
                multiplied(to, node, (Mul, vec![a, b]), scale)
            }
        }
    }
}

impl IntOp for Mul {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let product = inputs[0].0.times(inputs[1].0);
        check_magnitude(product.magnitude())?;
        Ok(Some(product))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        arithmetic_kind(inputs, |scales| Some(scales.iter().sum()), output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let (a, b) = (expand(inputs[0], output), expand(inputs[1], output));
        a.iter().zip(b.iter()).map(|(a, b)| a.wrapping_mul(*b)).collect()
    }
    fn encode(&self, _sink: &mut dyn Sink) {}
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match ranks.are_equal() {
            true => Ok(()),
            false => Err("broadcasting"),
        }
    }
    fn words(&self) -> String {
        "product".to_owned()
    }
}
