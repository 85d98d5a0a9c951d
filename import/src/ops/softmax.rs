//! `Softmax`: exponentials along an axis, relative to their sum. Before opset 13 the axes from the named one on are one.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered, axis, require_float};
use hallmark_model::Op;
use hallmark_model::limits::MAX_WINDOW_AXES;
use hallmark_model::ops::SoftmaxResult;
use hallmark_model::ops::float::Softmax;

pub(super) const RULE: Rule = Rule {
    name: "Softmax",
    attributes: &["axis"],
    lower: |ctx| lower(ctx, SoftmaxResult::Probabilities),
};

/// Since when `axis` is one axis, and by default the last one.
const ONE_AXIS: i64 = 13;

/// Either of the operators whose output has the input's shape.
pub(super) fn lower(ctx: &mut Context<'_>, result: SoftmaxResult) -> Lowered {
    let x = ctx.input(0)?;
    require_float(&x)?;
    if ctx.opset < ONE_AXIS {
        let first = ctx.int("axis")?.unwrap_or(1);
        let first = match usize::try_from(first) {
            // Behind the last axis: rows of one element.
            Ok(first) if first == x.rank() => first,
            _ => axis(first, x.rank())?,
        };
        let (rows, columns) = x.shape().split_at(first);
        let matrix = vec![1, rows.iter().product(), columns.iter().product()];
        let rows = ctx.reshape(&x, matrix)?;
        let made = ctx.emit(along(2, result), &[&rows])?;
        return Ok(ctx.reshape(&made, x.shape().to_vec())?.into());
    }
    let axis = axis(ctx.int("axis")?.unwrap_or(-1), x.rank())?;
    Ok(of_axis(ctx, &x, axis, result)?.into())
}

/// Either of them along one axis.
pub(super) fn of_axis(
    ctx: &mut Context<'_>,
    x: &Operand,
    axis: usize,
    result: SoftmaxResult,
) -> Result<Operand, Reason> {
    if axis >= 2 && x.rank() <= 2 + MAX_WINDOW_AXES {
        return ctx.emit(along(axis, result), &[x]);
    }
    // The axis goes to the end, and those before it become two.
    let mut perm: Vec<usize> = (0..x.rank()).filter(|other| *other != axis).collect();
    perm.push(axis);
    let turned = ctx.transpose(x, perm.clone())?;
    let rows = in_rows(ctx, &turned)?;
    let made = ctx.emit(along(rows.rank() - 1, result), &[&rows])?;
    let made = ctx.reshape(&made, turned.shape().to_vec())?;
    let mut back = vec![0; perm.len()];
    for (place, &axis) in perm.iter().enumerate() {
        back[axis] = place;
    }
    ctx.transpose(&made, back)
}

fn along(axis: usize, result: SoftmaxResult) -> Op {
    Op::Softmax(Softmax {
        axis,
        result,
        mask: None,
    })
}

/// A tensor whose last axis has the rows, with as many axes as a window over the last one needs: the first one stays, as batches of executions
/// have theirs in front.
fn in_rows(ctx: &mut Context<'_>, x: &Operand) -> Result<Operand, Reason> {
    match x.shape() {
        [length] => ctx.reshape(x, vec![1, 1, *length]),
        [first, between @ .., length] if between.len() != 1 => {
            ctx.reshape(x, vec![*first, between.iter().product(), *length])
        }
        _ => Ok(x.clone()),
    }
}
