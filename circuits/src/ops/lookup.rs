//! Lookup: a function of one rounded value, by a table of pairs; ReLU by a [split](super::relu).

use super::{relu, storage};
use crate::{
    block::{Bank, BlockId, Field, Fill, Offsets},
    builder::{Builder, Claim, Expression, Map, NewBlock, Operator, Part, Passage, Source},
    error::CircuitError,
};
use hallmark_model::{TensorId, ops::integer::Lookup};
use std::sync::Arc;

impl Operator for Lookup {
    /// Lowers the node where its input is stored otherwise: a block of its own, linked to the input by evaluation.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let (input, output) = (b.graph.nodes[node].inputs[0], b.graph.nodes[node].output());
        if b.is_defined(output) {
            return Ok(());
        }
        let (copy, result) = store_pair(b, input, node, self)?;
        b.define(output, result);
        for functional in b.link(input) {
            let original = b.evaluate(input, &functional)?;
            let copied = b.evaluate_expression(&copy, &functional)?;
            b.equate(&original, &copied);
        }
        Ok(())
    }

    fn claim(&self, _b: &Builder<'_>) -> Option<Claim> {
        Some(Claim::Function)
    }

    fn passages(&self, b: &Builder<'_>, node: usize) -> Vec<Passage> {
        vec![Passage::first(b.graph, node, Map::Identity)]
    }

    /// Stores `tensor` together with the output of the function that reads it, and defines both.
    fn store_argument(&self, b: &mut Builder<'_>, tensor: TensorId, node: usize) -> Result<(), CircuitError> {
        let (input, output) = store_pair(b, tensor, node, self)?;
        b.define(tensor, input);
        b.define(b.graph.nodes[node].output(), output);
        Ok(())
    }
}

/// Stores input and output side by side; returns the expressions of both.
fn store_pair(
    b: &mut Builder<'_>,
    tensor: TensorId,
    node: usize,
    Lookup { function, table }: &Lookup,
) -> Result<(Expression, Expression), CircuitError> {
    let info = &b.graph.tensors[tensor.0];
    let low = info.interval.0;
    if relu::is_relu(low, table) {
        let (block, split) = relu::store_split(b, tensor)?;
        return Ok((split, read(block, 0)));
    }
    if storage::interval_length(b, tensor)? != table.len() {
        let reason = format!(
            "the table has {} values for the interval {:?}",
            table.len(),
            info.interval
        );
        return Err(CircuitError::Inconsistent {
            place: info.name.clone(),
            reason,
        });
    }
    let output = b.graph.nodes[node].output();
    let least = table.iter().copied().min().unwrap_or(0);
    let table = b
        .tables
        .function(function, table.iter().map(|y| y - least).collect());
    let (x, y): (Fill, Fill) = (
        Arc::new(move |trace| storage::elements(trace, tensor).map(|v| v - low).collect()),
        Arc::new(move |trace| storage::elements(trace, output).map(|v| v - least).collect()),
    );
    let block = b.store(NewBlock {
        name: format!("{} → {function}", info.name),
        bank: Bank::Pair,
        length: b.length(tensor),
        arrangement: storage::arrangement(b, tensor),
        unit: 1,
        stride: 2,
        table: Some(table),
        offsets: Offsets::Uniform(vec![low, least]),
        fills: vec![x, y],
    });
    Ok((read(block, 0), read(block, 1)))
}

fn read(block: BlockId, index: u32) -> Expression {
    let source = Source::Field(Field { block, index });
    Expression::of(vec![Part {
        coefficient: 1,
        source,
        map: Map::Identity,
    }])
}
