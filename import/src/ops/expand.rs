//! `Expand`: broadcasting to a shape.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::fold::broadcast;
use crate::moves::elements;
use hallmark_model::movement::Movement;
use hallmark_model::ops::Number;

pub(super) const RULE: Rule = Rule {
    name: "Expand",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let target = super::reshape::target(&ctx.required_integers(1, "the shape")?)?;
    let x = ctx.input(0)?;
    // The shape may have ones where the input does not.
    let shape = broadcast(&[x.shape(), &target])?;
    Ok(broadcast_to(ctx, x, &shape)?.into())
}

/// Broadcasts to exactly this shape: a movement, along one axis after the other.
pub(super) fn broadcast_to(ctx: &mut Context<'_>, x: Operand, shape: &[usize]) -> Result<Operand, Reason> {
    if x.shape() == shape {
        return Ok(x);
    }
    ctx.builder.reserve(elements(shape))?;
    if let Some(data) = x.data() {
        let movement = Movement::broadcast(x.shape(), shape).map_err(Reason::shape)?;
        return Ok(Data::moved(&[data], &movement, Number::Integer(0))?.into());
    }
    let missing = shape.len().saturating_sub(x.rank());
    let mut x = ctx.reshape(&x, [&vec![1; missing][..], x.shape()].concat())?;
    for (axis, &length) in shape.iter().enumerate() {
        if x.shape()[axis] != length {
            ctx.builder.reserve(Some(length))?;
            x = ctx.along(&x, axis, vec![0; length])?;
        }
    }
    Ok(x)
}
