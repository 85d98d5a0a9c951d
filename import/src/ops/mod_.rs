//! `Mod`: the remainder of two tensors of integers, element by element, with broadcasting; by default with the divisor's sign, with `fmod` with the
//! dividend's.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::onnx::element::Element;
use hallmark_model::Op;
use hallmark_model::ops::float::Mod;

pub(super) const RULE: Rule = Rule {
    name: "Mod",
    attributes: &["fmod"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (a, b) = (ctx.input(0)?, ctx.input(1)?);
    let constant = a.data().is_some() && b.data().is_some();
    let towards_zero = ctx.flag("fmod", false)?;
    if a.element() == Element::Float && !(constant && towards_zero) {
        return Err(Reason::form(
            "the remainder of run-time floats jumps where they are rounded, which is not supported; cast them to integers",
        ));
    }
    Ok(ctx.emit(Op::Mod(Mod { towards_zero }), &[&a, &b])?.into())
}
