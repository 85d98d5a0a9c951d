//! Reshape: the same elements in the same order.

use super::express;
use crate::{
    builder::{Builder, Expression, Map, Operator, Passage},
    error::CircuitError,
};
use hallmark_model::ops::integer::Reshape;

impl Operator for Reshape {
    /// Defines the output as the input.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let same = Expression::of(vec![express::part(1, node.inputs[0], Map::Identity)]);
        express::express(b, node.output(), same)
    }

    fn passages(&self, b: &Builder<'_>, node: usize) -> Vec<Passage> {
        vec![Passage::first(b.graph, node, Map::Identity)]
    }
    fn is_linear(&self) -> bool {
        true
    }
}
