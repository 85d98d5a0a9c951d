//! Transpose: a permutation of elements, free of cells.

use crate::{builder::Builder, error::CircuitError, index};

/// Defines the output as a permutation of the input.
pub fn lower(b: &mut Builder<'_>, node: usize, perm: &[usize]) -> Result<(), CircuitError> {
    let shape = b.shape(b.graph.nodes[node].inputs[0]);
    super::moved(b, node, super::gather(index::transpose(shape, perm)))
}
