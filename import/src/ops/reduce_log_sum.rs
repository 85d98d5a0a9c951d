//! `ReduceLogSum`: logarithms of sums along axes.

use super::reduction::{self, Reduction};
use super::rule::Rule;
use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "ReduceLogSum",
    attributes: reduction::ATTRIBUTES,
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let sums = Reduction::of_some(ctx, &x, 18)?.pool(ctx, &x, reduction::sum)?;
    Ok(ctx.emit(Op::Activation(Activation::LOG), &[&sums])?.into())
}
