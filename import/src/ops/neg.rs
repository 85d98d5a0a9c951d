//! `Neg`: the negative of every element.

use super::rule::Rule;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::onnx::element::Element;
use hallmark_model::Op;
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "Neg",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let minus_one: Operand = match x.element() {
        Element::Float => Context::number(-1.0),
        _ => Data::integer(ArrayD::from_elem(IxDyn(&[]), -1)).into(),
    };
    Ok(ctx.emit(Op::Mul, &[&x, &minus_one])?.into())
}
