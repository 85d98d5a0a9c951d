//! What operators that normalise have in common: rows brought to the end, and factors and summands behind.

use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, require_float};
use hallmark_model::Op;
use hallmark_model::ops::float::{Measure, Normalize};

/// A tensor normalised over the given axes, ascending.
pub(super) fn normalized(
    ctx: &mut Context<'_>,
    x: &Operand,
    axes: &[usize],
    (measure, epsilon): (Measure, f64),
) -> Result<Operand, Reason> {
    require_float(x)?;
    if !(epsilon >= 0.0 && epsilon.is_finite()) {
        return Err(Reason::attribute(
            "epsilon",
            format!("{epsilon}, expected a number that is not negative"),
        ));
    }
    let rank = x.rank();
    let first = rank.saturating_sub(axes.len());
    let op = |first| {
        Op::Normalize(Normalize {
            measure,
            first,
            epsilon,
        })
    };
    if axes.iter().copied().eq(first..rank) {
        return ctx.emit(op(first), &[x]);
    }
    let kept = (0..rank).filter(|axis| !axes.contains(axis));
    let perm: Vec<usize> = kept.chain(axes.iter().copied()).collect();
    let mut back = vec![0; rank];
    for (to, from) in perm.iter().enumerate() {
        back[*from] = to;
    }
    let turned = ctx.transpose(x, perm)?;
    let made = ctx.emit(op(first), &[&turned])?;
    ctx.transpose(&made, back)
}

/// The tensor times input `scale` and plus input `bias`, as far as they are there and change anything; both get the given shape where
/// they are one number for each channel.
pub(super) fn scaled_and_shifted(
    ctx: &mut Context<'_>,
    x: Operand,
    [scale, bias]: [Option<Operand>; 2],
) -> Result<Operand, Reason> {
    let is = |operand: &Operand, value: f32| match operand.data() {
        Some(Data::Float(values)) => values.iter().all(|own| *own == value),
        _ => false,
    };
    let shape = x.shape().to_vec();
    let mut result = x;
    if let Some(scale) = scale.filter(|scale| !is(scale, 1.0)) {
        result = ctx.emit(Op::Mul, &[&result, &scale])?;
    }
    if let Some(bias) = bias.filter(|bias| !is(bias, 0.0)) {
        result = ctx.emit(Op::Add, &[&result, &bias])?;
    }
    match result.shape() == shape {
        true => Ok(result),
        false => Err(Reason::shape(format!(
            "scale and bias do not broadcast to the input's shape {shape:?}"
        ))),
    }
}

/// An input of one number for each channel, as a tensor that broadcasts to `(N, C, …)` of so many axes.
pub(super) fn per_channel(
    ctx: &mut Context<'_>,
    index: usize,
    (channels, rank): (usize, usize),
) -> Result<Operand, Reason> {
    let numbers = ctx.input(index)?;
    if numbers.shape() != [channels] {
        return Err(Reason::shape(format!(
            "input {index} has shape {:?}, expected a number for each of {channels} channels",
            numbers.shape()
        )));
    }
    let mut shape = vec![1; rank.saturating_sub(1)];
    if let Some(first) = shape.first_mut() {
        *first = channels;
    }
    ctx.reshape(&numbers, shape)
}
