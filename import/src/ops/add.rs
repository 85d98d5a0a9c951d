//! `Add`: the sum of two tensors, with broadcasting.

use super::rule::Rule;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Add",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (a, b) = (finite(ctx.input(0)?), finite(ctx.input(1)?));
    Ok(ctx.emit(Op::Add, &[&a, &b])?.into())
}

/// A constant with the least float in place of minus infinity, as masks have either: exponentials of both are zero, and maxima the same. In
/// rows of nothing else a softmax of one is not a number; those stay as they are, and are refused with other infinities.
fn finite(operand: Operand) -> Operand {
    let Some(Data::Float(values)) = operand.data() else {
        return operand;
    };
    let row = values.shape().last().copied().unwrap_or(1).max(1);
    let contents: Vec<f32> = values.iter().copied().collect();
    let has_others = |row: &[f32]| row.iter().any(|x| *x != f32::NEG_INFINITY);
    match contents.chunks(row).all(has_others) {
        true => bounded(operand),
        false => operand,
    }
}

/// A constant with the least float in place of minus infinity.
pub(super) fn bounded(operand: Operand) -> Operand {
    match operand.data() {
        Some(Data::Float(values)) if values.iter().any(|x| *x == f32::NEG_INFINITY) => {
            Data::float(values.mapv(|x| if x == f32::NEG_INFINITY { f32::MIN } else { x })).into()
        }
        _ => operand,
    }
}
