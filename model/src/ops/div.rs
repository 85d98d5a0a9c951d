//! Element-wise quotient of two float tensors. Quantisation turns constant divisors into factors.

use super::{FloatOp, Shaped, arity};
use crate::shape::{self, View};

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
}
