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
    let mut parts = Vec::with_capacity(node.inputs.len());
    for (t, c) in node.inputs.iter().zip(coefficients) {
        let map = super::gather(index::broadcast(b.shape(*t), shape)?);
        parts.push(super::part(*c, *t, map));
    }
    let constants = constant.map(|c| broadcast_values(c, shape)).transpose()?;
    let constants = constants.unwrap_or_default();
    super::express(b, node.output, Repr { parts, constants })
}

/// The elements of a constant, broadcast to `shape`.
pub fn broadcast_values(constant: &IntTensor, shape: &[usize]) -> Result<Vec<i64>, CircuitError> {
    let flat: Vec<i64> = constant.iter().copied().collect();
    let places = index::broadcast(constant.shape(), shape)?;
    Ok(places.into_iter().map(|i| flat[i as usize]).collect())
}
