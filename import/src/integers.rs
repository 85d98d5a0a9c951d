//! What is known at import about tensors of integers: their ONNX type, and the values that elements can have.
//!
//! Models run in real numbers here. Integers of a narrow type wrap where a result leaves the type; a node whose operands
//! allow that is refused, rather than computed differently. Between which values a result lies, the operator says.

use crate::Reason;
use crate::constant::Operand;
use crate::onnx::element::{Element, integer_type};
use hallmark_model::ops::{Ranged, Role};
use hallmark_model::{IntegerType, Op, Whole};

/// What the elements of an operation's result are.
pub(crate) fn result(op: &Op, inputs: &[&Operand]) -> Result<(Element, Option<Whole>), Reason> {
    let known: Vec<Ranged<'_>> = inputs
        .iter()
        .map(|input| Ranged {
            shape: input.shape(),
            range: input.range(),
        })
        .collect();
    let range = op.range(&known);
    if op.role() == Role::Decides {
        let kind = IntegerType::INDEX;
        let range = range.unwrap_or(kind.holds);
        return Ok((Element::Integer, Some(Whole { kind, range })));
    }
    if op.gives_booleans() {
        return Ok((Element::Boolean, Some(Whole::of(IntegerType::BOOLEAN))));
    }
    // The condition of a choice has a type of its own.
    let inputs = match op {
        Op::Where => inputs.get(..2).unwrap_or_default(),
        _ => inputs,
    };
    // Rows of a table are what the table holds, not what chooses them.
    let source = match op {
        Op::Embedding(_) => inputs.get(1),
        _ => inputs.first(),
    };
    let element = source.map_or(Element::Float, |input| input.element());
    let kind = inputs.iter().find_map(|input| match input {
        Operand::Variable(variable) => variable.whole.map(|whole| whole.kind),
        Operand::Constant(_) => None,
    });
    let kind = match (element, op) {
        (Element::Float, _) => None,
        (Element::Boolean, Op::Where) => Some(IntegerType::BOOLEAN),
        (Element::Integer, Op::Where) => Some(kind.unwrap_or(IntegerType::INDEX)),
        _ => kind,
    };
    let Some(kind) = kind else {
        return Ok((element, None));
    };
    let range = match range {
        Some(reach) if op.arithmetic().is_some() => within(kind, reach)?,
        range => range.unwrap_or(kind.holds),
    };
    Ok((element, Some(Whole { kind, range })))
}

/// The values that results of a type can have which could reach these, or a refusal where they wrap.
fn within(kind: IntegerType, reach: (i64, i64)) -> Result<(i64, i64), Reason> {
    let (low, high) = kind.holds;
    // Of a wide type only the end that small numbers reach: below zero without a sign.
    let leaves = match kind.is_narrow() {
        true => reach.0 < low || reach.1 > high,
        false => low == 0 && reach.0 < 0,
    };
    match leaves {
        true => Err(Reason::Wraps {
            element: kind.name,
            holds: kind.holds,
            reach,
        }),
        false => Ok((reach.0.max(low), reach.1.min(high))),
    }
}

/// What a cast to an ONNX type gives, or a refusal where it may wrap.
pub(crate) fn cast(x: &Operand, to: Element, data_type: i32) -> Result<Option<Whole>, Reason> {
    let Some(kind) = integer_type(data_type).filter(|_| to != Element::Float) else {
        return Ok(None);
    };
    match x.range() {
        Some(reach) if kind.contains(reach) => Ok(Some(Whole { kind, range: reach })),
        // Of integers only: what a cast of a float beyond the type gives is not defined.
        Some(reach) if kind.is_narrow() => Err(Reason::Wraps {
            element: kind.name,
            holds: kind.holds,
            reach,
        }),
        _ => Ok(Some(Whole::of(kind))),
    }
}
