//! Requantize: `acc = z·2^shift + rem − 2^(shift−1)` with `rem ∈ [0, 2^shift)` in range-checked limbs. The accumulator is
//! never stored: the equation is one identity between evaluations, proven together with the product that makes it.

use super::{express, product, storage};
use crate::{
    arrangement::Arrangement,
    block::{Fill, Offsets},
    builder::{Builder, Expression, Map, Operator, Part},
    error::CircuitError,
    functional::Functional,
    parameter::{Element, Entry, ParameterRole, Spread},
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
        let (producer, sum) = product::unstored(b, acc);
        let added = match sum {
            Some(sum) => b.spread(sum, ParameterRole::Constant)?,
            None => None,
        };
        let producer = producer.and_then(|n| Some((n, b.product(n)?)));
        let mut bias = match producer {
            Some((n, product)) => product::bias(b, n, product)?,
            None => None,
        };
        let mut value = Expression::of(vec![express::part(1 << shift, output, Map::Identity)]);
        if shift > 0 {
            let (remainder, rest) = store_remainder(b, acc, shift, bias)?;
            value.parts.extend(remainder);
            bias = rest;
        }
        value.constants.add(-1, bias);
        value.constants.add(-1, added);
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
    bias: Option<Spread>,
) -> Result<(Vec<Part>, Option<Spread>), CircuitError> {
    let half = 1i64 << (shift - 1);
    let arrangement = storage::remainder_arrangement(b, acc);
    let limbs = b.limbs(1 << shift);
    let by_row = bias
        .as_ref()
        .and_then(|bias| by_row(&arrangement, bias, b.widths.single));
    let (offsets, rest) = match by_row {
        Some(rows) => {
            let offset = |bias: Option<Element>| match bias {
                Some(bias) => Entry::from(-half).plus(-1, bias),
                None => Entry::from(-half),
            };
            (Offsets::PerRow(rows.into_iter().map(offset).collect()), None)
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
fn by_row(arrangement: &Arrangement, bias: &Spread, lanes: usize) -> Option<Vec<Option<Element>>> {
    let (slots, height) = arrangement.slots(bias.index.len(), lanes, 1);
    let mut rows: Vec<Option<Option<Element>>> = vec![None; height];
    for (element, slot) in slots.iter().enumerate() {
        let (row, bias) = (&mut rows[*slot as usize / lanes], bias.at(element));
        if *row.get_or_insert(bias) != bias {
            return None;
        }
    }
    Some(rows.into_iter().map(Option::flatten).collect())
}
