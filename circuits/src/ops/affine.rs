//! Affine: an integer combination of tensors plus a constant, free of cells until it is read.

use super::express;
use crate::{
    builder::{Builder, Expression, Operator},
    error::CircuitError,
    index,
};
use hallmark_model::{IntTensor, ops::integer::Affine};

impl Operator for Affine {
    /// Defines the output as the combination of the inputs, broadcast to its shape.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let shape = b.shape(node.output());
        let mut parts = Vec::with_capacity(node.inputs.len());
        for (t, c) in node.inputs.iter().zip(&self.coefficients) {
            let map = express::gather(index::broadcast(b.shape(*t), shape)?);
            parts.push(express::part(*c, *t, map));
        }
        let constants = self.constant.as_ref().map(|c| broadcast_values(c, shape));
        let constants = constants.transpose()?.unwrap_or_default();
        express::express(b, node.output(), Expression { parts, constants })
    }

    fn added(&self) -> Option<&IntTensor> {
        self.constant
            .as_ref()
            .filter(|_| self.coefficients.as_slice() == [1])
    }
}

/// The elements of a constant, broadcast to `shape`.
pub fn broadcast_values(constant: &IntTensor, shape: &[usize]) -> Result<Vec<i64>, CircuitError> {
    let flat: Vec<i64> = constant.iter().copied().collect();
    let places = index::broadcast(constant.shape(), shape)?;
    Ok(places.into_iter().map(|i| flat[i as usize]).collect())
}
