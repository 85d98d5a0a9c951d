//! Concat: elements of several tensors, free of cells.

use crate::{
    builder::{Builder, Repr},
    error::CircuitError,
    index,
};

/// Defines the output as the sum of the inputs, each in its part.
pub fn lower(b: &mut Builder<'_>, node: usize, axis: usize) -> Result<(), CircuitError> {
    let node = &b.graph.nodes[node];
    let shapes: Vec<&[usize]> = node.inputs.iter().map(|t| b.shape(*t)).collect();
    let maps = index::concat(&shapes, b.shape(node.output), axis);
    let parts = node
        .inputs
        .iter()
        .zip(maps)
        .map(|(t, map)| super::part(1, *t, super::gather(map)))
        .collect();
    let repr = Repr {
        parts,
        constants: Vec::new(),
    };
    super::express(b, node.output, repr)
}
