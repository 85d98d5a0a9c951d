//! Slice: chosen elements, free of cells.

use crate::{builder::Builder, error::CircuitError, index};
use hallmark_model::graph::SliceAxis;

/// Defines the output as chosen elements of the input.
pub fn lower(b: &mut Builder<'_>, node: usize, axes: &[SliceAxis]) -> Result<(), CircuitError> {
    let shape = b.shape(b.graph.nodes[node].inputs[0]);
    super::moved(b, node, super::gather(index::slice(shape, axes)))
}
