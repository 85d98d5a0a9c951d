//! Transpose, Slice, Split, Concat, Pad: elements of the inputs elsewhere, free of cells. So is the constant around them where it is zero.

use super::express;
use crate::{
    builder::{Builder, Expression, Operator},
    cell::NONE,
    error::CircuitError,
    index,
    parameter::Constants,
};
use hallmark_model::{QNode, TensorId, movement as model};

/// Any operator that moves elements: the model says where each comes from.
pub struct Movement;

impl Operator for Movement {
    /// Defines every output as the sum of the inputs, each with its elements in their places, plus a constant where none of them is.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let shapes = |tensors: &[TensorId]| tensors.iter().map(|t| b.shape(*t)).collect::<Vec<_>>();
        let movements = node
            .op
            .movements(&shapes(&node.inputs), &shapes(&node.outputs))
            .unwrap_or_else(|| Err(format!("{} moves no elements", node.op.name())));
        let movements = movements.map_err(|reason| CircuitError::Inconsistent {
            place: node.name.clone(),
            reason,
        })?;
        for (output, movement) in node.outputs.iter().zip(movements) {
            let expression = moved(b, node, *output, &movement);
            express::express(b, *output, expression)?;
        }
        Ok(())
    }
}

/// An output as an expression of the inputs.
fn moved(b: &Builder<'_>, node: &QNode, output: TensorId, movement: &model::Movement) -> Expression {
    let sources: Vec<Vec<u32>> = (0..node.inputs.len())
        .map(|input| index::sources(movement, input))
        .collect();
    let constants = match node.op.fill() {
        0 => Constants::default(),
        fill => {
            let around = |e: usize| sources.iter().all(|map| map[e] == NONE);
            let values = (0..b.length(output)).map(|e| i64::from(around(e)) * fill);
            Constants::structure(values.collect())
        }
    };
    let parts = node
        .inputs
        .iter()
        .zip(sources)
        .map(|(t, map)| express::part(1, *t, express::gather(map)))
        .collect();
    Expression { parts, constants }
}
