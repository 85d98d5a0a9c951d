//! Scale: element-wise product with integer constants, free of cells until it is read.

use super::affine::broadcast_values;
use crate::{
    builder::{Builder, Map, Repr},
    error::CircuitError,
    index,
};
use hallmark_model::IntTensor;
use std::rc::Rc;

/// Defines the output as the input times the factors.
pub fn lower(b: &mut Builder<'_>, node: usize, factor: &IntTensor) -> Result<(), CircuitError> {
    let node = &b.graph.nodes[node];
    let shape = b.shape(node.output);
    let map = Map::Scaled {
        index: Rc::new(index::broadcast(b.shape(node.inputs[0]), shape)?),
        factors: Rc::new(broadcast_values(factor, shape)?),
    };
    let repr = Repr {
        parts: vec![super::part(1, node.inputs[0], map)],
        constants: Vec::new(),
    };
    super::express(b, node.output, repr)
}
