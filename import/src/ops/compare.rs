//! Comparisons and logic: `Equal`, `Less`, `Greater` and those with equality, `And`, `Or`, `Xor`, with broadcasting.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::onnx::element::Element;
use hallmark_model::Op;
use hallmark_model::ops::Relation;
use hallmark_model::ops::float::Compare;
use std::rc::Rc;

/// The rule of a relation.
macro_rules! rule {
    ($constant:ident, $relation:ident) => {
        pub(super) const $constant: Rule = Rule {
            name: stringify!($relation),
            attributes: &[],
            lower: |ctx| lower(ctx, Relation::$relation),
        };
    };
}

rule!(AND, And);
rule!(EQUAL, Equal);
rule!(GREATER, Greater);
rule!(GREATER_OR_EQUAL, GreaterOrEqual);
rule!(LESS, Less);
rule!(LESS_OR_EQUAL, LessOrEqual);
rule!(OR, Or);
rule!(XOR, Xor);

fn lower(ctx: &mut Context<'_>, relation: Relation) -> Lowered {
    let (a, b) = (ctx.input(0)?, ctx.input(1)?);
    let is_logical = matches!(relation, Relation::And | Relation::Or | Relation::Xor);
    for operand in [&a, &b] {
        if is_logical && operand.element() != Element::Boolean {
            return Err(Reason::ElementType {
                expected: "booleans",
                found: operand.element().name().to_owned(),
            });
        }
    }
    Ok(truth(ctx, relation, (&a, &b))?.into())
}

/// Whether a relation holds, of elements of two tensors.
pub(super) fn truth(
    ctx: &mut Context<'_>,
    relation: Relation,
    (a, b): (&Operand, &Operand),
) -> Result<Operand, Reason> {
    let truth = ctx.emit(Op::Compare(Compare { relation }), &[a, b])?;
    let Some(data) = truth.data() else {
        return Ok(truth);
    };
    let values = match data {
        Data::Integer { values, .. } => Rc::clone(values),
        Data::Float(values) => Rc::new(values.mapv(|x| i64::from(x != 0.0))),
    };
    let boolean = true;
    Ok(Data::Integer { values, boolean }.into())
}
