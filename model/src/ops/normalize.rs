//! Normalisation of rows: every element is divided by a measure of all elements of its row.

mod definition;
mod integer;

pub use definition::{Measure, Normalize};

use super::affine::Affine;
use super::check::single;
use super::floor_div::FloorDiv;
use super::isqrt::Isqrt;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::mul::Mul;
use super::operator::{FloatOp, Shaped};
use super::reshape::Reshape;
use super::sum_pool::SumPool;
use crate::shape::View;
use crate::{ModelError, TensorId};

impl Shaped for Normalize {
    fn name(&self) -> &'static str {
        "Normalize"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let shape = single(inputs)?;
        if self.first >= shape.len() {
            return Err(format!(
                "rows from axis {} on of a tensor of {} axes",
                self.first,
                shape.len()
            ));
        }
        if !(self.epsilon >= 0.0 && self.epsilon.is_finite()) {
            return Err(format!(
                "epsilon {}, expected a number that is not negative",
                self.epsilon
            ));
        }
        Ok(shape.to_vec())
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        4
    }
}

impl FloatOp for Normalize {
    fn evaluate(&self, inputs: &[View<f32>], _output: &[usize]) -> Vec<f32> {
        let length = self.row(inputs[0].shape);
        let normalized = |row: &[f32]| {
            let count = row.len() as f64;
            let mean = match self.measure {
                Measure::Deviation => row.iter().map(|&x| f64::from(x)).sum::<f64>() / count,
                _ => 0.0,
            };
            let squares: f64 = row
                .iter()
                .map(|&x| (f64::from(x) - mean) * (f64::from(x) - mean))
                .sum();
            let measure = match self.measure {
                Measure::Length => squares,
                _ => squares / count,
            };
            let divisor = libm::sqrt(measure + self.epsilon);
            let quotient = |&x: &f32| match f64::from(x) - mean {
                0.0 => 0.0,
                x => (x / divisor) as f32,
            };
            row.iter().map(quotient).collect::<Vec<_>>()
        };
        inputs[0]
            .data
            .chunks(length.max(1))
            .flat_map(normalized)
            .collect()
    }
}

impl<O> Quantize<O> for Normalize
where
    O: Operation + From<Affine> + From<FloorDiv> + From<Isqrt> + From<Mul> + From<Reshape> + From<SumPool>,
{
    /// Sums of elements and squares, a root and a quotient for each row, a product for each element, rounded once.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        integer::quantize(self, to, node)
    }
}
