//! Affine: an integer combination of tensors plus a constant, free of cells until it is read.

use super::express;
use crate::{
    builder::{Builder, Expression, Map, Operator, Passage},
    error::CircuitError,
    index,
    parameter::ParameterRole,
};
use hallmark_model::{TensorId, ops::integer::Affine};

impl Operator for Affine {
    /// Defines the output as the combination of the inputs, broadcast to its shape.
    fn lower(&self, b: &mut Builder<'_>, index: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[index];
        let shape = b.shape(node.output());
        let mut parts = Vec::with_capacity(node.inputs.len());
        for (t, c) in node.inputs.iter().zip(&self.coefficients) {
            let map = express::gather(index::broadcast(b.shape(*t), shape)?);
            parts.push(express::part(*c, *t, map));
        }
        let mut sum = Expression::of(parts);
        sum.constants.add(1, b.spread(index, ParameterRole::Constant)?);
        express::express(b, node.output(), sum)
    }

    fn passages(&self, b: &Builder<'_>, node: usize) -> Vec<Passage> {
        let node = &b.graph.nodes[node];
        let output = node.output();
        let passage = |input: &TensorId| {
            let map = match b.shape(*input) == b.shape(output) {
                true => Map::Identity,
                false => express::gather(index::broadcast(b.shape(*input), b.shape(output)).ok()?),
            };
            Some(Passage {
                input: *input,
                output,
                map,
            })
        };
        node.inputs.iter().filter_map(passage).collect()
    }

    fn is_linear(&self) -> bool {
        true
    }

    fn only_adds(&self) -> bool {
        self.constant.is_some() && self.coefficients.as_slice() == [1]
    }
}
