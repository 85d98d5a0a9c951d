//! `ReduceL1`: sums of magnitudes along axes.

use super::reduction::{self, Reduction};
use super::rule::Rule;
use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "ReduceL1",
    attributes: reduction::ATTRIBUTES,
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let reduction = Reduction::of_some(ctx, &x, 18)?;
    let magnitudes = ctx.emit(Op::Activation(Activation::ABS), &[&x])?;
    Ok(reduction.pool(ctx, &magnitudes, reduction::sum)?.into())
}
