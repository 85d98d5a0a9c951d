//! `ReduceSumSquare`: sums of squares along axes, as products of rows with themselves: squares are not rounded one by one.

use super::reduction::{self, Reduction};
use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "ReduceSumSquare",
    attributes: reduction::ATTRIBUTES,
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let reduction = Reduction::of_some(ctx, &x, 18)?;
    Ok(sums(ctx, &x, &reduction)?.into())
}

/// The sums of squares.
pub(super) fn sums(ctx: &mut Context<'_>, x: &Operand, reduction: &Reduction) -> Result<Operand, Reason> {
    let rows = reduction.rows(ctx, x)?;
    let &[_, count, length] = rows.shape() else {
        return Err(Reason::shape("rows of another shape"));
    };
    let (row, column) = (
        ctx.reshape(&rows, vec![count, 1, length])?,
        ctx.reshape(&rows, vec![count, length, 1])?,
    );
    let sums = ctx.emit(Op::MatMul, &[&row, &column])?;
    reduction.finish(ctx, &sums)
}
