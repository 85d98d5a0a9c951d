//! How a rounded tensor is stored: as its consumer wants it, or as range-checked limbs.

use super::{linear, lookup, max_pool};
use crate::{
    block::{Arrangement, Bank, Field, Fill, Offsets},
    builder::{Builder, Map, NewBlock, Part, Repr, Source},
    error::CircuitError,
};
use hallmark_model::ops::integer::{Lookup, MaxPool};
use hallmark_model::{QOp, QTensor, TensorId, Trace};
use std::sync::Arc;

/// Most pools in a row that are stored as one: their elements are maxima of maxima, whose evaluation is recursive and whose proven
/// intervals add up.
const MAX_POOLS: usize = 8;

/// Stores a tensor and defines it; where a pool or a function reads it, their outputs with it.
pub fn store(b: &mut Builder<'_>, tensor: TensorId) -> Result<(), CircuitError> {
    let graph = b.graph;
    let consumers = || b.consumers(tensor).iter().map(|n| (*n, &graph.nodes[*n].op));
    let pool = consumers().find_map(|(node, op)| match op {
        QOp::MaxPool(MaxPool { window }) => Some((node, window)),
        _ => None,
    });
    if let Some((node, window)) = pool.filter(|_| b.pools < MAX_POOLS) {
        b.pools += 1;
        let stored = max_pool::store(b, tensor, node, window);
        b.pools -= 1;
        return stored;
    }
    let function = consumers().find_map(|(node, op)| match op {
        QOp::Lookup(Lookup { function, table }) => Some((node, function, table)),
        _ => None,
    });
    if let Some((node, function, table)) = function {
        return lookup::store(b, tensor, node, function, table);
    }
    number(b, tensor)
}

/// Stores a tensor as limbs that prove its interval.
///
/// With one limb the table has exactly the interval's length. With several, the proven interval is the least
/// power of two that holds it.
pub fn number(b: &mut Builder<'_>, tensor: TensorId) -> Result<(), CircuitError> {
    let info = &b.graph.tensors[tensor.0];
    let (low, length) = (info.interval.0, interval_length(b, tensor)?);
    let limbs = Limbs::of(length, b.widths.limb_bits);
    let arrangement = arrangement(b, tensor);
    let value: Fill = Arc::new(move |trace| elements(trace, tensor).map(|v| v - low).collect());
    let parts = store_limbs(
        b,
        &info.name,
        b.length(tensor),
        &limbs,
        arrangement,
        Offsets::Uniform(vec![low]),
        value,
    );
    b.define(
        tensor,
        Repr {
            parts,
            constants: Vec::new(),
        },
    );
    Ok(())
}

/// Number of integers in a tensor's interval.
pub fn interval_length(b: &Builder<'_>, tensor: TensorId) -> Result<usize, CircuitError> {
    interval_values(&b.graph.tensors[tensor.0])
}

/// Number of integers in the interval of a tensor.
pub fn interval_values(info: &QTensor) -> Result<usize, CircuitError> {
    let length = info
        .interval
        .1
        .checked_sub(info.interval.0)
        .and_then(|l| l.checked_add(1))
        .filter(|l| *l > 0);
    length
        .map(|l| l as usize)
        .ok_or_else(|| CircuitError::Inconsistent {
            place: info.name.clone(),
            reason: format!("empty or oversized interval {:?}", info.interval),
        })
}

/// The elements of a tensor in a trace, row-major.
pub fn elements(trace: &Trace, tensor: TensorId) -> impl Iterator<Item = i64> + '_ {
    trace.tensors[tensor.0].iter().copied()
}

/// A split of an interval into limbs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limbs {
    /// Per limb, from the lowest: first bit and number of values.
    pub parts: Vec<(u32, usize)>,
}

impl Limbs {
    /// Limbs of at most `most` bits, as equal as possible, for the values `0..length`.
    pub fn of(length: usize, most: u32) -> Self {
        let bits = usize::BITS - (length - 1).leading_zeros();
        if bits <= most {
            return Self {
                parts: vec![(0, length)],
            };
        }
        let count = bits.div_ceil(most);
        let (width, wider) = (bits / count, bits % count);
        let mut low = 0;
        let parts = (0..count).map(|i| {
            let bits = width + u32::from(i < wider);
            low += bits;
            (low - bits, 1usize << bits)
        });
        Self {
            parts: parts.collect(),
        }
    }
}

/// Stores a non-negative value as limbs; the lowest one carries the offsets. Returns `Σ 2^low · limb`.
pub fn store_limbs(
    b: &mut Builder<'_>,
    name: &str,
    length: usize,
    limbs: &Limbs,
    arrangement: Arrangement,
    offsets: Offsets,
    value: Fill,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let last = limbs.parts.len() - 1;
    for (i, (low, values)) in limbs.parts.iter().copied().enumerate() {
        let value = Arc::clone(&value);
        // The top limb is not masked: a value that is too large then fails its lookup instead of being truncated.
        let mask = if i == last { i64::MAX } else { values as i64 - 1 };
        let fill: Fill = Arc::new(move |trace| value(trace).into_iter().map(|v| (v >> low) & mask).collect());
        let table = Some(b.tables.range(values));
        let block = b.store(NewBlock {
            name: if last == 0 {
                name.to_owned()
            } else {
                format!("{name} limb {i}")
            },
            bank: Bank::Single,
            length,
            arrangement: arrangement.clone(),
            unit: 1,
            stride: 1,
            table,
            offsets: if i == 0 {
                offsets.clone()
            } else {
                Offsets::Uniform(vec![0])
            },
            fills: vec![fill],
        });
        let source = Source::Field(Field { block, index: 0 });
        parts.push(Part {
            coefficient: 1 << low,
            source,
            map: Map::Identity,
        });
    }
    parts
}

/// The order in which the elements of a tensor are stored: so that the functionals of its producer and consumers
/// fall into few patterns, and no row mixes channels or columns.
pub fn arrangement(b: &Builder<'_>, tensor: TensorId) -> Arrangement {
    let (shape, length) = (b.shape(tensor), b.length(tensor));
    let last = shape.last().copied().unwrap_or(1).max(1);
    if length > last && beside_weights(b, tensor) {
        return Arrangement::rows(length / last, last);
    }
    if length > last && by_columns(b, tensor) {
        let column = |k: usize| (k..length).step_by(last).map(|e| e as u32).collect();
        return Arrangement::groups((0..last).rev().map(column).collect());
    }
    if let &[images, channels, height, width] = shape
        && images > 1
        && b.has_images
    {
        return Arrangement::images(images, channels, height * width, width);
    }
    if shape.len() >= 2 && length > last {
        Arrangement::lines(length, last)
    } else {
        Arrangement::flat(length)
    }
}

/// The order in which the remainders of an accumulator are stored: that of the rounded tensor.
pub fn remainder_arrangement(b: &Builder<'_>, acc: TensorId) -> Arrangement {
    // Not any consumer: the node being lowered is the one that rounds.
    arrangement(b, b.node.map_or(acc, |n| b.graph.nodes[n].output))
}

/// Whether matrix products read or make the tensor column by column.
fn by_columns(b: &Builder<'_>, tensor: TensorId) -> bool {
    let is_product = |n: usize| match &b.graph.nodes[n].op {
        QOp::Linear { .. } => linear::images(b, n).is_none(),
        op => matches!(op, QOp::MatMul),
    };
    let made = product_of(b, tensor);
    if made.is_some_and(|n| matches!(b.graph.nodes[n].op, QOp::Conv { .. })) {
        return false;
    }
    b.consumers(tensor).iter().copied().chain(made).any(is_product)
}

/// Whether products with weights and stored operands read or make the tensor.
fn beside_weights(b: &Builder<'_>, tensor: TensorId) -> bool {
    let has_images = |n: usize| linear::images(b, n).is_some();
    let mut products = b.consumers(tensor).iter().copied().chain(product_of(b, tensor));
    products.any(has_images)
}

/// The product that a rounded tensor is made of, or what else its accumulator is.
fn product_of(b: &Builder<'_>, tensor: TensorId) -> Option<usize> {
    let rounded = b
        .producer(tensor)
        .filter(|n| matches!(b.graph.nodes[*n].op, QOp::Requantize { .. }));
    rounded.and_then(|n| b.producer(b.graph.nodes[n].inputs[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limbs_cover_exactly() {
        assert_eq!(Limbs::of(100, 8).parts, vec![(0, 100)]);
        assert_eq!(Limbs::of(1 << 15, 8).parts, vec![(0, 256), (8, 128)]);
        assert_eq!(
            Limbs::of((1 << 16) + 1, 8).parts,
            vec![(0, 64), (6, 64), (12, 32)]
        );
    }
}
