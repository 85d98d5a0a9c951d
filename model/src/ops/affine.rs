//! Sums: float addition and subtraction, and the integer affine combination that both become.

use super::bound::{Bound, check_magnitude};
use super::linear::{check_bias, check_weights};
use super::{FloatOp, IntOp, Ranks, Shaped, arity, is_whole};
use crate::IntTensor;
use crate::shape::{self, View};
use crate::sink::Sink;
use serde::{Deserialize, Serialize};

/// `[A, B] → A + B`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Add;

/// `[A, B] → A − B`, NumPy broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sub;

/// `[X_0, X_1, …] → constant + Σ coefficients[i]·X_i`, NumPy broadcasting to the output shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// One integer factor per input.
    pub coefficients: Vec<i64>,
    /// Added constant; broadcasts.
    pub constant: Option<IntTensor>,
}

/// Applies a function to two broadcast float tensors.
pub(super) fn zip(inputs: &[View<f32>], output: &[usize], f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    let (a, b) = (shape::expand(inputs[0], output), shape::expand(inputs[1], output));
    a.iter().zip(b.iter()).map(|(&a, &b)| f(a, b)).collect()
}

impl Shaped for Add {
    fn name(&self) -> &'static str {
        "Add"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Add {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        zip(inputs, output, |a, b| a + b)
    }
}

impl Shaped for Sub {
    fn name(&self) -> &'static str {
        "Sub"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Sub {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        zip(inputs, output, |a, b| a - b)
    }
}

impl Shaped for Affine {
    fn name(&self) -> &'static str {
        "Affine"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        arity(inputs, 1..=usize::MAX)?;
        if self.coefficients.len() != inputs.len() {
            return Err(format!(
                "{} coefficients for {} inputs",
                self.coefficients.len(),
                inputs.len()
            ));
        }
        let constant = self.constant.as_ref().map(|c| c.shape());
        if let Some(constant) = constant {
            shape::elements(constant)?;
        }
        shape::broadcast(&inputs.iter().copied().chain(constant).collect::<Vec<_>>())
    }
    fn work_per_element(&self, inputs: &[&[usize]]) -> u128 {
        inputs.len() as u128
    }
}

impl IntOp for Affine {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        check_weights(&self.coefficients, self.coefficients.len())?;
        let mut result = Bound::point(0);
        if let Some(constant) = &self.constant {
            let constant = View::contents(constant);
            check_bias(&constant)?;
            result = Bound::of(&constant);
        }
        let mut magnitude = result.magnitude();
        for (&(input, _), &coefficient) in inputs.iter().zip(&self.coefficients) {
            let term = input.times(Bound::point(coefficient));
            magnitude += term.magnitude();
            result = result.plus(term);
        }
        check_magnitude(magnitude)?;
        Ok(Some(result))
    }
    fn check_scale(&self, _inputs: &[i32], _output: i32) -> Result<(), String> {
        Ok(()) // The coefficients align the scales; which ones they stand for is free.
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let mut result = match &self.constant {
            Some(constant) => {
                let contents = View::contents(constant);
                shape::expand(
                    View {
                        shape: constant.shape(),
                        data: &contents,
                    },
                    output,
                )
                .into_owned()
            }
            None => vec![0; output.iter().product()],
        };
        for (&input, &coefficient) in inputs.iter().zip(&self.coefficients) {
            for (sum, &x) in result.iter_mut().zip(shape::expand(input, output).iter()) {
                *sum = sum.wrapping_add(x.wrapping_mul(coefficient));
            }
        }
        result
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.integers(&self.coefficients);
        sink.number(usize::from(self.constant.is_some()));
        self.constant.iter().for_each(|c| sink.tensor(c));
    }
    fn parameters(&self) -> usize {
        self.constant.as_ref().map_or(0, IntTensor::len)
    }
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match &self.constant {
            _ if !ranks.are_equal() => Err("broadcasting"),
            Some(constant) if !is_whole(constant, ranks) => Err("the constant"),
            _ => Ok(()),
        }
    }
    fn words(&self) -> String {
        "sum".to_owned()
    }
}
