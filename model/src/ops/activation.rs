//! A scalar function, element by element.

pub use super::functions::Activation;
use super::lowering::Lowering;
use super::{FloatOp, Shaped, single};
use crate::shape::View;
use crate::{ModelError, Node, TensorId};

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
    fn quantize(&self, to: &mut Lowering<'_>, node: &Node) -> Result<TensorId, ModelError> {
        // A chain of functions is one table, made before this is asked.
        Err(to.error(node, format!("{} has no integer form", Activation::name(self))))
    }
}
