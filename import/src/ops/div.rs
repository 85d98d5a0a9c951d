//! `Div`: the quotient of two tensors, element by element, with broadcasting.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::onnx::element::Element;
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Div",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (a, b) = (ctx.input(0)?, ctx.input(1)?);
    let constant = a.data().is_some() && b.data().is_some();
    if !constant && a.element() != Element::Float {
        return Err(Reason::form(
            "division of run-time integers truncates, which is not supported; divide floats",
        ));
    }
    Ok(ctx.emit(Op::Div, &[&a, &b])?.into())
}
