//! `ReduceL2`: Euclidean lengths along axes.

use super::reduction::{self, Reduction};
use super::rule::Rule;
use crate::context::{Context, Lowered};
use hallmark_model::ops::float::LengthPool;
use hallmark_model::{Op, Window};

pub(super) const RULE: Rule = Rule {
    name: "ReduceL2",
    attributes: reduction::ATTRIBUTES,
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let reduction = Reduction::of_some(ctx, &x, 18)?;
    Ok(reduction.pool(ctx, &x, lengths)?.into())
}

/// The pool of lengths.
pub(super) fn lengths(window: Window) -> Op {
    Op::LengthPool(LengthPool { window })
}
