//! Scale: element-wise product with integer constants, free of cells until it is read.

use super::{affine::broadcast_values, express};
use crate::{
    builder::{Builder, Expression, Map, Operator},
    error::CircuitError,
    index,
};
use hallmark_model::ops::integer::Scale;
use std::sync::Arc;

impl Operator for Scale {
    /// Defines the output as the input times the factors.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let shape = b.shape(node.output());
        let map = Map::Scaled {
            index: Arc::new(index::broadcast(b.shape(node.inputs[0]), shape)?),
            factors: Arc::new(broadcast_values(&self.factor, shape)?),
        };
        let expression = Expression {
            parts: vec![express::part(1, node.inputs[0], map)],
            constants: Vec::new(),
        };
        express::express(b, node.output(), expression)
    }
}
