//! Pad: the input with constants around it, free of cells where the constant is zero.

use crate::{
    block::NONE,
    builder::{Builder, Repr},
    error::CircuitError,
    index,
};

/// Defines the output as the input plus a constant frame.
pub fn lower(
    b: &mut Builder<'_>,
    node: usize,
    pads: &[(usize, usize)],
    value: i64,
) -> Result<(), CircuitError> {
    let input = b.graph.nodes[node].inputs[0];
    let map = index::pad(b.shape(input), pads);
    let constants = match value {
        0 => Vec::new(),
        _ => map.iter().map(|i| if *i == NONE { value } else { 0 }).collect(),
    };
    let parts = vec![super::part(1, input, super::gather(map))];
    super::express(b, b.graph.nodes[node].output, Repr { parts, constants })
}
