//! Affine: an integer combination of tensors plus a constant, free of cells until it is read.

use crate::{
    builder::{Builder, Repr},
    error::CircuitError,
    index,
};
use hallmark_model::IntTensor;

/// Defines the output as the combination of the inputs, broadcast to its shape.
pub fn lower(
    b: &mut Builder<'_>,
    node: usize,
    coefficients: &[i64],
    constant: Option<&IntTensor>,
) -> Result<(), CircuitError> {
    let node = &b.graph.nodes[node];
    let shape = b.shape(node.output);
    let parts = node
        .inputs
        .iter()
        .zip(coefficients)
        .map(|(t, c)| super::part(*c, *t, super::gather(index::broadcast(b.shape(*t), shape))))
        .collect();
    let constants = constant.map(|c| broadcast_values(c, shape)).unwrap_or_default();
    super::express(b, node.output, Repr { parts, constants })
}

/// The elements of a constant, broadcast to `shape`.
pub fn broadcast_values(constant: &IntTensor, shape: &[usize]) -> Vec<i64> {
    let flat: Vec<i64> = constant.iter().copied().collect();
    index::broadcast(constant.shape(), shape)
        .into_iter()
        .map(|i| flat[i as usize])
        .collect()
}
