//! `Min`: the least of any number of tensors, element by element, with broadcasting.

use super::max::{bound, of_all};
use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::Context;
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "Min",
    attributes: &[],
    lower: |ctx| of_all(ctx, lesser),
};

/// The lesser of two; of a number and a tensor a clip.
pub(super) fn lesser(ctx: &mut Context<'_>, a: &Operand, b: &Operand) -> Result<Operand, Reason> {
    let (least, greatest) = (f64::from(f32::MIN), f64::from(f32::MAX));
    match bound(a, b).or_else(|| bound(b, a)) {
        Some((bound, x)) if bound >= greatest => Ok(x.clone()),
        Some((bound, x)) if bound > least => ctx.emit(Op::Activation(Activation::clip(least, bound)), &[x]),
        _ => ctx.emit(Op::Min, &[a, b]),
    }
}
