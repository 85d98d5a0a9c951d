//! `CumSum`: sums of all elements up to each one along an axis: a product with a triangular matrix of ones.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered, axis};
use crate::linear::along_axis;

pub(super) const RULE: Rule = Rule {
    name: "CumSum",
    attributes: &["exclusive", "reverse"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let named = match ctx.required_integers(1, "the axis")?[..] {
        [named] => named,
        _ => return Err(Reason::shape("the axis must be a scalar")),
    };
    let along = axis(named, x.rank())?;
    let (exclusive, reverse) = (ctx.flag("exclusive", false)?, ctx.flag("reverse", false)?);
    let length = x.shape()[along];
    let counts = |from: usize, to: usize| {
        let (first, last) = if reverse { (to, from) } else { (from, to) };
        if exclusive { first < last } else { first <= last }
    };
    let y: Operand = along_axis(ctx, &x, along, length, |from, to| {
        f32::from(u8::from(counts(from, to)))
    })?;
    Ok(y.into())
}
