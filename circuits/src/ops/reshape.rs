//! Reshape: the same elements in the same order.

use crate::{
    builder::{Builder, Map, Repr},
    error::CircuitError,
};

/// Defines the output as the input.
pub fn lower(b: &mut Builder<'_>, index: usize) -> Result<(), CircuitError> {
    let node = &b.graph.nodes[index];
    let repr = Repr {
        parts: vec![super::part(1, node.inputs[0], Map::Identity)],
        constants: Vec::new(),
    };
    super::express(b, node.output, repr)
}
