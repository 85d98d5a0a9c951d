//! `Hardmax`: one at the first maximum along an axis, zero elsewhere. Before opset 13 the axes from the named one on are one.

use super::compare::truth;
use super::rule::Rule;
use crate::Reason;
use crate::constant::{Operand, vector};
use crate::context::{Context, Lowered, axis, require_float};
use hallmark_model::Op;
use hallmark_model::ops::Relation;
use hallmark_model::ops::float::ArgMax;

pub(super) const RULE: Rule = Rule {
    name: "Hardmax",
    attributes: &["axis"],
    lower,
};

/// Since when `axis` is one axis, and by default the last one.
const ONE_AXIS: i64 = 13;

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    require_float(&x)?;
    if ctx.opset >= ONE_AXIS {
        let axis = axis(ctx.int("axis")?.unwrap_or(-1), x.rank())?;
        return Ok(along(ctx, &x, axis)?.into());
    }
    let first = ctx.int("axis")?.unwrap_or(1);
    let first = match usize::try_from(first) {
        // Behind the last axis: rows of one element.
        Ok(first) if first == x.rank() => first,
        _ => axis(first, x.rank())?,
    };
    let (rows, columns) = x.shape().split_at(first);
    let matrix = ctx.reshape(&x, vec![rows.iter().product(), columns.iter().product()])?;
    let hardmax = along(ctx, &matrix, 1)?;
    Ok(ctx.reshape(&hardmax, x.shape().to_vec())?.into())
}

/// The maximum's index compared with all indices.
fn along(ctx: &mut Context<'_>, x: &Operand, axis: usize) -> Result<Operand, Reason> {
    let mut shape = x.shape().to_vec();
    let length = std::mem::replace(&mut shape[axis], 1);
    let select_last = false;
    let best = ctx.emit_as(Op::ArgMax(ArgMax { axis, select_last }), &[x], shape)?;
    let count = i64::try_from(length).map_err(|_| Reason::shape("an axis is too long"))?;
    let mut shape = vec![1; x.rank()];
    shape[axis] = length;
    let indices = ctx.reshape(&vector(0..count).into(), shape)?;
    truth(ctx, Relation::Equal, (&best, &indices))?.into_float()
}
