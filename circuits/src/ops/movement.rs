//! Transpose, Slice, Split, Gather, Concat, Pad: elements of the inputs elsewhere, free of cells. So is the constant around them where it is zero.

use super::express;
use crate::{
    builder::{Builder, Expression, Operator, Passage},
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
        let movements = movements(b, node).map_err(|reason| CircuitError::Inconsistent {
            place: b.graph.nodes[node].name.clone(),
            reason,
        })?;
        let node = &b.graph.nodes[node];
        for (output, movement) in node.outputs.iter().zip(movements) {
            let expression = moved(b, node, *output, &movement);
            express::express(b, *output, expression)?;
        }
        Ok(())
    }

    fn passages(&self, b: &Builder<'_>, node: usize) -> Vec<Passage> {
        let outputs = b.graph.nodes[node].outputs.iter();
        let movements = movements(b, node).unwrap_or_default();
        let of = |(output, movement): (&TensorId, model::Movement)| {
            let inputs = b.graph.nodes[node].inputs.iter().enumerate();
            let passage = |(index, input): (usize, &TensorId)| Passage {
                input: *input,
                output: *output,
                map: express::gather(index::sources(&movement, index)),
            };
            inputs.map(passage).collect::<Vec<_>>()
        };
        outputs.zip(movements).flat_map(of).collect()
    }

    fn is_linear(&self) -> bool {
        true
    }
}

/// Where the elements of every output come from.
fn movements(b: &Builder<'_>, node: usize) -> Result<Vec<model::Movement>, String> {
    let node = &b.graph.nodes[node];
    let shapes = |tensors: &[TensorId]| tensors.iter().map(|t| b.shape(*t)).collect::<Vec<_>>();
    node.op
        .movements(&shapes(&node.inputs), &shapes(&node.outputs))
        .unwrap_or_else(|| Err(format!("{} moves no elements", node.op.name())))
}

/// An output as an expression of the inputs. A tensor that is several of them is one summand, so that it is evaluated once, unless
/// that makes rows of too many positions.
fn moved(b: &Builder<'_>, node: &QNode, output: TensorId, movement: &model::Movement) -> Expression {
    let mut sources: Vec<(TensorId, Vec<u32>)> = Vec::new();
    for (index, input) in node.inputs.iter().enumerate() {
        let own = index::sources(movement, index);
        let known = sources.iter_mut().find(|(tensor, _)| tensor == input);
        match known.filter(|_| b.joins_repeated) {
            Some((_, all)) => {
                let places = all.iter_mut().zip(own).filter(|(_, from)| *from != NONE);
                places.for_each(|(place, from)| *place = from);
            }
            None => sources.push((*input, own)),
        }
    }
    let constants = match node.op.fill() {
        0 => Constants::default(),
        fill => {
            let around = |e: usize| sources.iter().all(|(_, map)| map[e] == NONE);
            let values = (0..b.length(output)).map(|e| i64::from(around(e)) * fill);
            Constants::structure(values.collect())
        }
    };
    let parts = sources.into_iter();
    let parts = parts.map(|(tensor, map)| express::part(1, tensor, express::gather(map)));
    Expression {
        parts: parts.collect(),
        constants,
    }
}
