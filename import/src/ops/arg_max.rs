//! `ArgMax`: the index of the maximum along an axis.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered, axis};
use hallmark_model::Op;
use hallmark_model::ops::float::ArgMax;

pub(super) const RULE: Rule = Rule {
    name: "ArgMax",
    attributes: &["axis", "keepdims", "select_last_index"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    Ok(index_of_maximum(ctx, &x)?.into())
}

/// The index of a tensor's maximum, as the node's attributes say.
pub(super) fn index_of_maximum(ctx: &mut Context<'_>, x: &Operand) -> Result<Operand, Reason> {
    let axis = axis(ctx.int("axis")?.unwrap_or(0), x.rank())?;
    let select_last = ctx.flag("select_last_index", false)?;
    let mut shape = x.shape().to_vec();
    match ctx.flag("keepdims", true)? {
        true => shape[axis] = 1,
        false => drop(shape.remove(axis)),
    }
    ctx.emit_as(Op::ArgMax(ArgMax { axis, select_last }), &[x], shape)
}
