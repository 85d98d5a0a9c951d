//! `Where`: a choice between two tensors, element by element. Constants are chosen at once, as computations on shapes use it.

use super::add::bounded;
use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use crate::fold;
use crate::onnx::element::Element;
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Where",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let condition = ctx.input(0)?;
    // Of a choice for what does not count, where there is something else in a row.
    let (yes, no) = (bounded(ctx.input(1)?), bounded(ctx.input(2)?));
    if condition.element() != Element::Boolean {
        return Err(Reason::ElementType {
            expected: "a condition of booleans",
            found: condition.element().name().to_owned(),
        });
    }
    let integers = [&condition, &yes, &no].map(|input| input.data().and_then(Data::integers));
    let [Some(condition), Some(first), Some(second)] = integers else {
        return Ok(ctx.emit(Op::Where, &[&yes, &no, &condition])?.into());
    };
    let shape = fold::broadcast(&[condition.shape(), first.shape(), second.shape()])?;
    ctx.builder.reserve(
        shape
            .iter()
            .try_fold(4_usize, |product, &axis| product.checked_mul(axis)),
    )?;
    // One of the two products is the chosen element, the other is zero.
    let chosen = fold::combine(condition, first, |c, x| Some(if c != 0 { x } else { 0 }))?;
    let other = fold::combine(condition, second, |c, x| Some(if c != 0 { 0 } else { x }))?;
    let values = fold::combine(&chosen, &other, i64::checked_add)?;
    let boolean = yes.element() == Element::Boolean;
    Ok(Data::Integer {
        values: std::rc::Rc::new(values),
        boolean,
    }
    .into())
}
