//! Requantize: `acc = z·2^shift + rem − 2^(shift−1)` with `rem ∈ [0, 2^shift)` in range-checked limbs. The accumulator is
//! never stored: the equation is one identity between evaluations, proven together with the product that makes it.

use super::{
    affine::broadcast_values,
    express, product,
    storage::{self, Limbs},
};
use crate::{
    block::{Arrangement, Fill, Offsets},
    builder::{Builder, Expression, Map, Operator, Part},
    error::CircuitError,
    functional::Functional,
};
use hallmark_model::{TensorId, ops::integer::Requantize};
use std::sync::Arc;

impl Operator for Requantize {
    /// Stores the rounded tensor and the remainders, and proves the accumulator's identity.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let (acc, output) = (b.graph.nodes[node].inputs[0], b.graph.nodes[node].output());
        let shift = self.shift;
        if shift > 40 {
            return Err(b.unsupported(format!("a shift by {shift} bits; at most 40 are supported")));
        }
        if !b.is_defined(output) {
            storage::store(b, output)?;
        }
        let (producer, added) = product::unstored(b, acc);
        let added = added.map(|constant| broadcast_values(constant, b.shape(acc)));
        let added = added.transpose()?;
        let producer = producer.and_then(|n| Some((n, b.product(n)?)));
        let bias = producer.and_then(|(n, product)| product.bias(b, n));
        let mut value = Expression {
            parts: vec![express::part(1 << shift, output, Map::Identity)],
            constants: Vec::new(),
        };
        if shift > 0 {
            let (remainder, rest) = store_remainder(b, acc, shift, bias)?;
            value.parts.extend(remainder);
            product::subtract(&mut value, rest);
        } else {
            product::subtract(&mut value, bias);
        }
        product::subtract(&mut value, added);
        match producer {
            Some((n, product)) => product.prove(b, n, &value),
            None => {
                let functional = Functional::flat(b.length(acc));
                let (rounded, exact) = (
                    b.evaluate_expression(&value, &functional)?,
                    b.evaluate(acc, &functional)?,
                );
                b.equate(&rounded, &exact);
                Ok(())
            }
        }
    }

    fn rounds(&self) -> bool {
        true
    }
}

/// Stores `(acc + half) mod 2^shift`; the lowest limb's offset is `−half − bias`. Returns its summands, and the bias if it is still
/// to be subtracted, because a row holds elements of several channels and has one offset for all.
fn store_remainder(
    b: &mut Builder<'_>,
    acc: TensorId,
    shift: u32,
    bias: Option<Vec<i64>>,
) -> Result<(Vec<Part>, Option<Vec<i64>>), CircuitError> {
    let half = 1i64 << (shift - 1);
    let arrangement = storage::remainder_arrangement(b, acc);
    let limbs = Limbs::of(1 << shift, b.widths.limb_bits);
    let by_row = bias
        .as_ref()
        .and_then(|bias| by_row(&arrangement, bias, b.widths.single));
    let (offsets, rest) = match by_row {
        Some(rows) => {
            let offsets = rows.into_iter().map(|bias| -half - bias).collect();
            (Offsets::PerRow(offsets), None)
        }
        None => (Offsets::Uniform(vec![-half]), bias),
    };
    let mask = (1i64 << shift) - 1;
    let value: Fill =
        Arc::new(move |trace| storage::elements(trace, acc).map(|v| (v + half) & mask).collect());
    let name = format!("{} remainder", b.graph.tensors[acc.0].name);
    let length = b.length(acc);
    let parts = storage::store_limbs(b, &name, length, &limbs, arrangement, offsets, value);
    Ok((parts, rest))
}

/// The bias of every row of `lanes` elements, if no row has elements with different ones.
fn by_row(arrangement: &Arrangement, bias: &[i64], lanes: usize) -> Option<Vec<i64>> {
    let (slots, height) = arrangement.slots(bias.len(), lanes, 1);
    let mut rows: Vec<Option<i64>> = vec![None; height];
    for (slot, bias) in slots.iter().zip(bias) {
        let row = &mut rows[*slot as usize / lanes];
        if row.is_some_and(|known| known != *bias) {
            return None;
        }
        *row = Some(*bias);
    }
    Some(rows.into_iter().map(|bias| bias.unwrap_or(0)).collect())
}
