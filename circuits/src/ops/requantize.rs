//! Requantize: `acc = z·2^shift + rem − 2^(shift−1)` with `rem ∈ [0, 2^shift)` in range-checked limbs. The accumulator is
//! never stored: the equation is one identity between evaluations, proven together with the product that makes it.

use super::{
    conv, linear, mat_mul, mul,
    storage::{self, Limbs},
};
use crate::{
    block::{Arrangement, Fill, Offsets},
    builder::{Builder, Map, Part, Repr},
    error::CircuitError,
    functional::Functional,
};
use hallmark_model::ops::integer::{Affine, IntConv, Linear};
use hallmark_model::{IntTensor, QOp, TensorId};
use std::sync::Arc;

/// Stores the rounded tensor and the remainders, and proves the accumulator's identity.
pub fn lower(b: &mut Builder<'_>, index: usize, shift: u32) -> Result<(), CircuitError> {
    let (acc, output) = (b.graph.nodes[index].inputs[0], b.graph.nodes[index].output);
    if shift > 40 {
        return Err(b.unsupported(format!("a shift by {shift} bits; at most 40 are supported")));
    }
    if !b.is_defined(output) {
        storage::store(b, output)?;
    }
    let (producer, added) = product(b, acc);
    let added = added.map(|constant| super::affine::broadcast_values(constant, b.shape(acc)));
    let added = added.transpose()?;
    let bias = producer.and_then(|n| channel_bias(b, n, acc));
    let mut value = Repr {
        parts: vec![super::part(1 << shift, output, Map::Identity)],
        constants: Vec::new(),
    };
    if shift > 0 {
        let (remainder, rest) = store_remainder(b, acc, shift, bias)?;
        value.parts.extend(remainder);
        subtract(&mut value, rest);
    } else {
        subtract(&mut value, bias);
    }
    subtract(&mut value, added);
    match producer {
        Some(n) => prove_product(b, n, &value),
        None => {
            let functional = Functional::flat(b.length(acc));
            let (rounded, exact) = (
                b.evaluate_repr(&value, &functional)?,
                b.evaluate(acc, &functional)?,
            );
            b.equate(&rounded, &exact);
            Ok(())
        }
    }
}

/// Lowers a product. Where only roundings read it, they prove it; otherwise it is stored as it is.
pub fn lower_product(b: &mut Builder<'_>, index: usize) -> Result<(), CircuitError> {
    let output = b.graph.nodes[index].output;
    let rounds = |n: &usize| matches!(b.graph.nodes[*n].op, QOp::Requantize { .. });
    let is_rounded =
        |tensor: TensorId| !b.graph.outputs.contains(&tensor) && b.consumers(tensor).iter().all(rounds);
    let shifted = |n: &usize| {
        let sum = b.graph.nodes[*n].output;
        product(b, sum).0 == Some(index) && is_rounded(sum)
    };
    let proven = |n: &usize| rounds(n) || shifted(n);
    if !b.graph.outputs.contains(&output) && b.consumers(output).iter().all(proven) {
        return Ok(());
    }
    storage::number(b, output)?;
    let mut value = Repr {
        parts: vec![super::part(1, output, Map::Identity)],
        constants: Vec::new(),
    };
    subtract(&mut value, channel_bias(b, index, output));
    prove_product(b, index, &value)
}

/// Proves `value` to be the product of a node, less the bias where [`channel_bias`] says so.
fn prove_product(b: &mut Builder<'_>, node: usize, value: &Repr) -> Result<(), CircuitError> {
    match &b.graph.nodes[node].op {
        QOp::Conv { .. } => conv::prove(b, node, value),
        QOp::Linear { .. } => linear::prove(b, node, value),
        QOp::MatMul => mat_mul::prove(b, node, value),
        _ => mul::prove(b, node, value),
    }
}

/// Takes constants off an expression.
fn subtract(value: &mut Repr, constants: Option<Vec<i64>>) {
    let Some(constants) = constants else { return };
    value.constants.resize(constants.len(), 0);
    value
        .constants
        .iter_mut()
        .zip(constants)
        .for_each(|(sum, constant)| *sum -= constant);
}

fn is_product(op: &QOp) -> bool {
    matches!(op, QOp::Conv { .. } | QOp::Linear { .. } | QOp::MatMul | QOp::Mul)
}

/// The product that makes an accumulator and is not stored, and the constant that is added to it in between.
fn product<'a>(b: &Builder<'a>, acc: TensorId) -> (Option<usize>, Option<&'a IntTensor>) {
    let unstored = |tensor: TensorId| {
        b.producer(tensor)
            .filter(|n| is_product(&b.graph.nodes[*n].op) && !b.is_defined(tensor))
    };
    if let Some(producer) = unstored(acc) {
        return (Some(producer), None);
    }
    let sum = b.producer(acc).map(|n| &b.graph.nodes[n]);
    let Some(QOp::Affine(Affine {
        coefficients,
        constant: Some(constant),
    })) = sum.map(|n| &n.op)
    else {
        return (None, None);
    };
    let input = sum.and_then(|n| n.inputs.first().copied());
    let made = input.filter(|t| b.shape(*t) == b.shape(acc)).and_then(unstored);
    match made {
        Some(made) if coefficients.as_slice() == [1] => (Some(made), Some(constant)),
        _ => (None, None),
    }
}

/// The bias of every element, where the product's identity leaves it to the remainder's offset: each row of the
/// remainder then lies within one channel or column.
fn channel_bias(b: &Builder<'_>, producer: usize, acc: TensorId) -> Option<Vec<i64>> {
    let shape = b.shape(acc);
    match &b.graph.nodes[producer].op {
        QOp::Conv(IntConv { bias, .. }) => {
            let line = shape[2] * shape[3];
            Some((0..b.length(acc)).map(|e| bias[e / line % shape[1]]).collect())
        }
        QOp::Linear(Linear { bias, .. })
            if !linear::is_single_row(shape) && linear::images(b, producer).is_none() =>
        {
            Some((0..b.length(acc)).map(|e| bias[e % bias.len()]).collect())
        }
        _ => None,
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
