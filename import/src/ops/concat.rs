//! `Concat`: tensors joined along an axis.
//!
//! Constants among run-time tensors become padding and a sum: `[x, c] = pad(x) + [0, c]`.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered, axis};
use hallmark_model::Op;
use hallmark_model::ops::Number;
use hallmark_model::ops::float::{Concat, Pad};
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "Concat",
    attributes: &["axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let mut inputs = ctx.all_inputs()?;
    let value = ctx
        .int("axis")?
        .ok_or_else(|| Reason::attribute("axis", "is missing"))?;
    let axis = axis(value, inputs.first().map_or(0, Operand::rank))?;
    if inputs.iter().any(|input| input.data().is_none()) {
        // Empty constants, as exporters join them, add nothing.
        inputs.retain(|input| input.shape().get(axis) != Some(&0));
    }
    Ok(joined(ctx, &inputs, axis)?.into())
}

/// Joins tensors, constants among them.
pub(super) fn joined(ctx: &mut Context<'_>, inputs: &[Operand], axis: usize) -> Result<Operand, Reason> {
    let constants = inputs.iter().filter(|input| input.data().is_some()).count();
    if constants > 0 && constants < inputs.len() {
        return with_constants(ctx, inputs, axis);
    }
    ctx.emit(Op::Concat(Concat { axis }), &inputs.iter().collect::<Vec<_>>())
}

/// Joins run-time tensors and constants: the former with zeros in place of the latter, plus the latter with zeros
/// in place of the former.
fn with_constants(ctx: &mut Context<'_>, inputs: &[Operand], axis: usize) -> Result<Operand, Reason> {
    let mut summand = Vec::with_capacity(inputs.len());
    let mut joined: Option<Operand> = None;
    let mut leading = 0_usize;
    for input in inputs {
        let length = input.shape().get(axis).copied().unwrap_or(0);
        if let Some(data) = input.data() {
            summand.push(Operand::from(Data::Float(data.to_float()?)));
            match joined.take() {
                None => leading = leading.saturating_add(length),
                Some(before) => joined = Some(padded(ctx, &before, axis, (0, length))?),
            }
            continue;
        }
        ctx.builder.reserve(Some(input.shape().iter().product()))?;
        summand.push(Data::float(ArrayD::zeros(IxDyn(input.shape()))).into());
        joined = Some(match joined.take() {
            None => padded(ctx, input, axis, (leading, 0))?,
            Some(before) => ctx.emit(Op::Concat(Concat { axis }), &[&before, input])?,
        });
    }
    let joined = joined.ok_or(Reason::MissingInput { index: 0 })?;
    let summand = ctx.emit(Op::Concat(Concat { axis }), &summand.iter().collect::<Vec<_>>())?;
    ctx.emit(Op::Add, &[&joined, &summand])
}

fn padded(
    ctx: &mut Context<'_>,
    x: &Operand,
    axis: usize,
    amount: (usize, usize),
) -> Result<Operand, Reason> {
    let pads = (0..x.rank())
        .map(|index| if index == axis { amount } else { (0, 0) })
        .collect();
    let value = Number::Integer(0);
    ctx.emit(Op::Pad(Pad { pads, value }), &[x])
}
