//! A scalar function, element by element.

use super::check::single;
pub use super::functions::Activation;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, Shaped};
use crate::fixed_point::EXACT_IN_F64;
use crate::shape::View;
use crate::{ModelError, TensorId};

impl Shaped for Activation {
    fn name(&self) -> &'static str {
        Activation::name(self)
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        Ok(single(inputs)?.to_vec())
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        16
    }
}

impl FloatOp for Activation {
    fn evaluate(&self, inputs: &[View<f32>], _output: &[usize]) -> Vec<f32> {
        inputs[0]
            .data
            .iter()
            .map(|&x| self.apply(x.into()) as f32)
            .collect()
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], _outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        let value = |&x: &i64| {
            let x = (x.unsigned_abs() <= EXACT_IN_F64).then_some(x as f64)?;
            let value = self.apply(x);
            (value.fract() == 0.0 && value.abs() <= EXACT_IN_F64 as f64).then_some(value as i64)
        };
        Some(vec![inputs[0].data.iter().map(value).collect::<Option<_>>()?])
    }
}

impl<O: Operation> Quantize<O> for Activation {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        // A chain of functions is one table, made before this is asked.
        Err(to.error(node, format!("{} has no integer form", Activation::name(self))))
    }
}
