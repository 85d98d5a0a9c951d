//! Matrix product with a constant right-hand side.

use super::bound::{Bound, check_bias, check_magnitude, check_weights};
use super::check::{arithmetic_kind, dimensions, single};
use super::multiply::product;
use super::operator::{IntOp, Ranks, Shaped};
use super::parameter::{Parameter, ParameterRole};
use crate::shape::View;
use crate::sink::Sink;
use crate::{ElementKind, IntTensor};
use serde::{Deserialize, Serialize};

/// `[X (…,M,K)] → Y (…,M,N)` with a constant right-hand side `weight (K,N)` and `bias (N)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// Integer matrix `(K, N)`.
    pub weight: IntTensor,
    /// One value per output column, at the output's scale.
    pub bias: Vec<i64>,
}

impl Shaped for Linear {
    fn name(&self) -> &'static str {
        "Linear"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let input = single(inputs)?;
        let &[rows, columns] = self.weight.shape() else {
            return Err(format!(
                "weight of shape {:?}, expected (K, N)",
                self.weight.shape()
            ));
        };
        if self.bias.len() != columns {
            return Err(format!("{} bias values for {columns} columns", self.bias.len()));
        }
        match input.split_last() {
            Some((&last, leading)) if last == rows && !leading.is_empty() => {
                Ok([leading, &[columns]].concat())
            }
            _ => Err(format!("input of shape {input:?}, expected (…, M, {rows})")),
        }
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        self.weight.shape().first().map_or(1, |&k| k as u128)
    }
}

impl IntOp for Linear {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let x = inputs[0].0;
        let weight = View::contents(&self.weight);
        check_weights(&weight, weight.len() / self.bias.len())?;
        check_bias(&self.bias)?;
        // Per column: the sum of the weights and of their magnitudes; neither wraps, by `check_weights`.
        let mut sums = vec![(0i64, 0i64); self.bias.len()];
        for row in weight.chunks(self.bias.len()) {
            for (sum, &w) in sums.iter_mut().zip(row) {
                *sum = (sum.0.wrapping_add(w), sum.1.wrapping_add(w.wrapping_abs()));
            }
        }
        let mut result: Option<Bound> = None;
        for ((sum, magnitude), &bias) in sums.into_iter().zip(&self.bias) {
            check_magnitude(i128::from(magnitude) * x.magnitude() + i128::from(bias).abs())?;
            let positive = Bound::point((magnitude + sum) / 2);
            let negative = Bound::point((sum - magnitude) / 2);
            let sums = x.times(positive).plus(x.times(negative)).plus(Bound::point(bias));
            result = Some(result.map_or(sums, |r| r.hull(sums)));
        }
        Ok(result)
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        // The weight's scale is free.
        arithmetic_kind(inputs, |_| None, output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let columns = self.bias.len();
        let rows = output.iter().product::<usize>() / columns;
        let mut result = self.bias.repeat(rows);
        let weight = View::contents(&self.weight);
        product(
            inputs[0].data,
            &weight,
            weight.len() / columns,
            columns,
            &mut result,
        );
        result
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.tensor(&self.weight);
        sink.integers(&self.bias);
    }
    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::tensor(ParameterRole::Weight, &self.weight),
            Parameter::bias(&self.bias, 0),
        ]
    }
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match ranks.output {
            2.. => Ok(()),
            _ => Err("a product of vectors"),
        }
    }
    fn words(&self) -> String {
        format!("linear {}", dimensions(self.weight.shape()))
    }
}
