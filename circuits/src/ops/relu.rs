//! ReLU as a split: `z = a − n` with `a, n` range-checked, hence non-negative, and `a·n = 0`; then `a = max(z, 0)`.

use super::storage;
use crate::{
    block::{Bank, BlockId, Field, Fill, Offsets},
    builder::{Builder, Expression, Map, NewBlock, Part, Source},
    error::CircuitError,
    gate::{Constraint, Gate, Linear},
};
use hallmark_model::TensorId;
use std::sync::Arc;

/// Whether a table over an interval that starts at `low` is `max(x, 0)`.
pub fn is_relu(low: i64, table: &[i64]) -> bool {
    low < 0 && table.iter().zip(low..).all(|(y, x)| *y == x.max(0))
}

/// In each pair of lanes, the product is zero.
fn one_part_is_zero() -> Gate {
    let product = Constraint::product("lanes {first} and {last}", [Linear::lane(0), Linear::lane(1)]);
    Gate::of_groups("one part is zero", 2, product)
}

/// Stores the two parts of `tensor`; returns the block and the expression of `tensor`.
pub fn store_split(b: &mut Builder<'_>, tensor: TensorId) -> Result<(BlockId, Expression), CircuitError> {
    let info = &b.graph.tensors[tensor.0];
    let largest = info.interval.1.max(-info.interval.0).max(0);
    let (positive, negative): (Fill, Fill) = (
        Arc::new(move |trace| storage::elements(trace, tensor).map(|v| v.max(0)).collect()),
        Arc::new(move |trace| storage::elements(trace, tensor).map(|v| (-v).max(0)).collect()),
    );
    let table = Some(b.tables.range(largest as usize + 1));
    let block = b.store(NewBlock {
        name: info.name.clone(),
        bank: Bank::Single,
        length: b.length(tensor),
        arrangement: storage::arrangement(b, tensor),
        unit: 1,
        stride: 2,
        table,
        offsets: Offsets::Uniform(vec![0, 0]),
        fills: vec![positive, negative],
    });
    b.gate_rows(one_part_is_zero(), block)?;
    let parts = [(1, 0), (-1, 1)].map(|(coefficient, index)| Part {
        coefficient,
        source: Source::Field(Field { block, index }),
        map: Map::Identity,
    });
    Ok((block, Expression::of(parts.into())))
}
