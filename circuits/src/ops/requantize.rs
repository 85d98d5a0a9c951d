//! Requantize: `acc = z·2^shift + rem − 2^(shift−1)` with `rem ∈ [0, 2^shift)` in range-checked limbs. The accumulator is
//! never stored: the equation is one identity between evaluations, proven together with the product that makes it.

use super::{
    conv, linear, mat_mul, mul,
    storage::{self, Limbs},
};
use crate::{
    block::{Fill, Offsets},
    builder::{Builder, Map, Repr},
    error::CircuitError,
    functional::Functional,
};
use hallmark_model::{QOp, TensorId};
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
    let bias = producer.and_then(|n| channel_bias(b, n, acc));
    let mut value = Repr {
        parts: vec![super::part(1 << shift, output, Map::Identity)],
        constants: Vec::new(),
    };
    if shift > 0 {
        value
            .parts
            .extend(store_remainder(b, acc, shift, bias.as_deref())?);
    } else if let Some(bias) = bias {
        value.constants = bias.iter().map(|v| -v).collect();
    }
    if let Some(added) = added {
        value.constants.resize(added.len(), 0);
        value
            .constants
            .iter_mut()
            .zip(added)
            .for_each(|(constant, added)| *constant -= added);
    }
    match producer.map(|n| (n, &b.graph.nodes[n].op)) {
        Some((n, QOp::Conv { .. })) => conv::prove(b, n, &value),
        Some((n, QOp::Linear { .. })) => linear::prove(b, n, &value),
        Some((n, QOp::MatMul)) => mat_mul::prove(b, n, &value),
        Some((n, QOp::Mul)) => mul::prove(b, n, &value),
        _ => {
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

/// The product that makes an accumulator, and the constant that is added to it in between.
fn product(b: &Builder<'_>, acc: TensorId) -> (Option<usize>, Option<Vec<i64>>) {
    let producer = b.producer(acc);
    let Some(QOp::Affine {
        coefficients,
        constant: Some(constant),
    }) = producer.map(|n| &b.graph.nodes[n].op)
    else {
        return (producer, None);
    };
    let input = producer.and_then(|n| b.graph.nodes[n].inputs.first().copied());
    let made = input
        .filter(|t| b.shape(*t) == b.shape(acc))
        .and_then(|t| b.producer(t));
    let is_product = |n: &usize| {
        matches!(
            b.graph.nodes[*n].op,
            QOp::Conv { .. } | QOp::Linear { .. } | QOp::MatMul | QOp::Mul
        )
    };
    match made.filter(is_product) {
        Some(made) if coefficients.as_slice() == [1] => (
            Some(made),
            Some(super::affine::broadcast_values(constant, b.shape(acc))),
        ),
        _ => (producer, None),
    }
}

/// The bias of every element, where the product's identity leaves it to the remainder's offset: each row of the
/// remainder then lies within one channel or column.
fn channel_bias(b: &Builder<'_>, producer: usize, acc: TensorId) -> Option<Vec<i64>> {
    let shape = b.shape(acc);
    match &b.graph.nodes[producer].op {
        QOp::Conv { bias, .. } => {
            let line = shape[2] * shape[3];
            Some((0..b.length(acc)).map(|e| bias[e / line % shape[1]]).collect())
        }
        QOp::Linear { bias, .. }
            if !linear::is_single_row(shape) && linear::images(b, producer).is_none() =>
        {
            Some((0..b.length(acc)).map(|e| bias[e % bias.len()]).collect())
        }
        _ => None,
    }
}

/// Stores `(acc + half) mod 2^shift`; the lowest limb's offset is `−half − bias`.
fn store_remainder(
    b: &mut Builder<'_>,
    acc: TensorId,
    shift: u32,
    bias: Option<&[i64]>,
) -> Result<Vec<crate::builder::Part>, CircuitError> {
    let half = 1i64 << (shift - 1);
    let arrangement = storage::remainder_arrangement(b, acc);
    let limbs = Limbs::of(1 << shift, b.widths.limb_bits);
    let offsets = match bias {
        None => Offsets::Uniform(vec![-half]),
        Some(bias) => {
            let (slots, height) = arrangement.slots(b.length(acc), b.widths.single, 1);
            let mut rows: Vec<Option<i64>> = vec![None; height];
            for (element, slot) in slots.iter().enumerate() {
                let row = &mut rows[*slot as usize / b.widths.single];
                if row.is_some_and(|offset| offset != -half - bias[element]) {
                    return Err(CircuitError::Inconsistent {
                        place: b.graph.tensors[acc.0].name.clone(),
                        reason: "a row of its remainders has elements of several channels".to_owned(),
                    });
                }
                *row = Some(-half - bias[element]);
            }
            Offsets::PerRow(rows.into_iter().map(|offset| offset.unwrap_or(-half)).collect())
        }
    };
    let mask = (1i64 << shift) - 1;
    let value: Fill =
        Arc::new(move |trace| storage::elements(trace, acc).map(|v| (v + half) & mask).collect());
    let name = format!("{} remainder", b.graph.tensors[acc.0].name);
    Ok(storage::store_limbs(
        b,
        &name,
        b.length(acc),
        &limbs,
        arrangement,
        offsets,
        value,
    ))
}
