//! Scale: element-wise product with integer constants, free of cells until it is read.

use super::express;
use crate::{
    builder::{Builder, Expression, Map, Operator},
    error::CircuitError,
    index,
    parameter::ParameterRole,
};
use hallmark_model::ops::integer::Scale;
use std::sync::Arc;

impl Operator for Scale {
    /// Defines the output as the input times the factors. Equal factors multiply one evaluation, and zero none.
    fn lower(&self, b: &mut Builder<'_>, index: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[index];
        let Some(factors) = b.spread(index, ParameterRole::Factor)? else {
            return express::express(b, node.output(), Expression::default());
        };
        let map = Map::Scaled {
            index: Arc::new(index::broadcast(b.shape(node.inputs[0]), b.shape(node.output()))?),
            factors,
        };
        let scaled = express::part(1, node.inputs[0], map);
        express::express(b, node.output(), Expression::of(vec![scaled]))
    }
    fn is_linear(&self) -> bool {
        true
    }
}
