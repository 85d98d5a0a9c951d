//! Element-wise quotient of two float tensors. Quantisation turns constant divisors into factors.

use super::check::arity;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{Arithmetic, FloatOp, Shaped};
use super::scale::{Scale, scaled};
use super::scales::doubles;
use crate::shape::{self, View};
use crate::{FloatTensor, ModelError, TensorId};

/// `[A, B] → A / B`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Div;

impl Shaped for Div {
    fn name(&self) -> &'static str {
        "Div"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Div {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        super::affine::zip(inputs, output, |a, b| a / b)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic {
            float: |a, b| a / b,
            // Integer division truncates, as ONNX says.
            integer: i128::checked_div,
        })
    }
    fn unsupported(&self, constants: &[Option<&FloatTensor>]) -> Option<String> {
        match constants.get(1).copied().flatten() {
            None => Some("division by a computed tensor is not supported".to_owned()),
            Some(divisor) if divisor.iter().any(|x| *x == 0.0) => Some("division by zero".to_owned()),
            Some(_) => None,
        }
    }
}

impl<O: Operation + From<Scale>> Quantize<O> for Div {
    /// Scale by the reciprocals, then Requantize.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let divisor = to
            .constant(node, 1)
            .ok_or_else(|| to.error(node, "division by a computed tensor is not supported".to_owned()))?;
        let factors = doubles(divisor).into_iter().map(|d| 1.0 / d).collect();
        scaled(to, node, 0, (divisor, factors))
    }
}
