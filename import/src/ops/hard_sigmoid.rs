//! `HardSigmoid`: `max(0, min(1, alpha·x + beta))`.

use super::rule::Rule;
use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "HardSigmoid",
    attributes: &["alpha", "beta"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let alpha = ctx.float("alpha")?.unwrap_or(0.2);
    let beta = ctx.float("beta")?.unwrap_or(0.5);
    let x = ctx.input(0)?;
    let scaled = ctx.scaled(x, alpha)?;
    let line = ctx.emit(Op::Add, &[&scaled, &Context::number(beta)])?;
    Ok(ctx
        .emit(Op::Activation(Activation::clip(0.0, 1.0)), &[&line])?
        .into())
}
