//! Product with constant integer factors.

use super::bound::{Bound, check_magnitude};
use super::linear::check_weights;
use super::{IntOp, Ranks, Shaped, is_whole, single};
use crate::IntTensor;
use crate::shape::{self, View};
use crate::sink::Sink;
use serde::{Deserialize, Serialize};

/// `[X] → X · factor`, NumPy broadcasting to the output shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Integer factors; broadcasts.
    pub factor: IntTensor,
}

impl Shaped for Scale {
    fn name(&self) -> &'static str {
        "Scale"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::elements(self.factor.shape())?;
        shape::broadcast(&[single(inputs)?, self.factor.shape()])
    }
}

impl IntOp for Scale {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let factor = View::contents(&self.factor);
        check_weights(&factor, 1)?;
        let product = inputs[0].0.times(Bound::of(&factor));
        check_magnitude(product.magnitude())?;
        Ok(Some(product))
    }
    fn check_scale(&self, _inputs: &[i32], _output: i32) -> Result<(), String> {
        Ok(()) // The factor's scale is free.
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let contents = View::contents(&self.factor);
        let factor = shape::expand(
            View {
                shape: self.factor.shape(),
                data: &contents,
            },
            output,
        );
        let x = shape::expand(inputs[0], output);
        x.iter()
            .zip(factor.iter())
            .map(|(x, f)| x.wrapping_mul(*f))
            .collect()
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.tensor(&self.factor);
    }
    fn parameters(&self) -> usize {
        self.factor.len()
    }
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match is_whole(&self.factor, ranks) {
            true => Ok(()),
            false => Err("the factor"),
        }
    }
    fn words(&self) -> String {
        "scaling".to_owned()
    }
}
