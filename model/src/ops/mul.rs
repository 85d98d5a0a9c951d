//! Element-wise product of two tensors.

use super::bound::{Bound, check_magnitude};
use super::{FloatOp, IntOp, Ranks, Shaped, arity, same_scale};
use crate::shape::{self, View};
use crate::sink::Sink;

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
}

impl IntOp for Mul {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let product = inputs[0].0.times(inputs[1].0);
        check_magnitude(product.magnitude())?;
        Ok(Some(product))
    }
    fn check_scale(&self, inputs: &[i32], output: i32) -> Result<(), String> {
        same_scale(inputs.iter().sum(), output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let (a, b) = (shape::expand(inputs[0], output), shape::expand(inputs[1], output));
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
