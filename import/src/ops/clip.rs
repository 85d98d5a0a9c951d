//! `Clip`: elements limited to a range. Bounds are attributes before opset 11, inputs from it on.

use super::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "Clip",
    attributes: &["max", "min"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (min, max) = match ctx.opset < 11 {
        true => (ctx.float("min")?, ctx.float("max")?),
        false => (
            ctx.scalar(1, "the lower bound")?,
            ctx.scalar(2, "the upper bound")?,
        ),
    };
    let x = ctx.input(0)?;
    let (min, max) = (min.unwrap_or(f32::MIN), max.unwrap_or(f32::MAX));
    if min.is_nan() || max.is_nan() {
        return Err(Reason::form("a bound is NaN"));
    }
    let (unbounded_below, unbounded_above) = (min <= f32::MIN, max >= f32::MAX);
    let function = match (unbounded_below, unbounded_above) {
        (true, true) => return Ok(x.into()),
        (false, true) if min == 0.0 => Activation::RELU,
        // Where the bounds are the wrong way round, the upper one wins.
        _ => Activation::clip(min.min(max), max),
    };
    Ok(ctx.emit(Op::Activation(function), &[&x])?.into())
}
