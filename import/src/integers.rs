//! What is known at import about tensors of integers: their ONNX type, and the values that elements can have.
//!
//! Models run in real numbers here. Integers of a narrow type wrap where a result leaves the type; a node whose operands
//! allow that is refused, rather than computed differently.

use crate::Reason;
use crate::constant::{Operand, Whole};
use crate::onnx::element::{Element, IntegerType, integer_type};
use crate::onnx::proto::data_type as code;
use hallmark_model::Op;
use hallmark_model::ops::float::ArgMax;

/// Types of fewer values wrap in practice; a result beyond a wider one is found on the calibration data.
const NARROW: i64 = 1 << 16;

/// What the elements of an operation's result are.
pub(crate) fn result(op: &Op, inputs: &[&Operand]) -> Result<(Element, Option<Whole>), Reason> {
    if let Op::ArgMax(ArgMax { axis, .. }) = op {
        let length = inputs.first().and_then(|input| input.shape().get(*axis)).copied();
        let last = length.and_then(|length| i64::try_from(length).ok()).unwrap_or(1) - 1;
        let whole = integer_type(code::INT64).map(|kind| Whole {
            kind,
            range: (0, last),
        });
        return Ok((Element::Integer, whole));
    }
    let element = inputs.first().map_or(Element::Float, |input| input.element());
    let kind = inputs.iter().find_map(|input| match input {
        Operand::Variable(variable) => variable.whole.map(|whole| whole.kind),
        Operand::Constant(_) => None,
    });
    let Some(kind) = kind.filter(|_| element != Element::Float) else {
        return Ok((element, None));
    };
    let ranges: Option<Vec<(i64, i64)>> = inputs.iter().map(|input| input.range()).collect();
    let range = match (op, ranges.as_deref()) {
        (Op::Add | Op::Sub | Op::Mul, Some(&[a, b])) => arithmetic(op, a, b, kind)?,
        (_, Some(ranges)) => op.range(ranges).unwrap_or(kind.holds),
        _ => kind.holds,
    };
    Ok((element, Some(Whole { kind, range })))
}

/// The values that a sum, difference or product can have.
fn arithmetic(op: &Op, a: (i64, i64), b: (i64, i64), kind: IntegerType) -> Result<(i64, i64), Reason> {
    let function: fn(i64, i64) -> i64 = match op {
        Op::Add => i64::saturating_add,
        Op::Sub => i64::saturating_sub,
        _ => i64::saturating_mul,
    };
    let ends = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)].map(|(a, b)| function(a, b));
    let reach = ends.iter().fold((ends[0], ends[0]), |(low, high), &end| {
        (low.min(end), high.max(end))
    });
    let (low, high) = kind.holds;
    let narrow = high.saturating_sub(low) < NARROW;
    // Of a wide type only the end that small numbers reach: below zero without a sign.
    let leaves = if narrow {
        reach.0 < low || reach.1 > high
    } else {
        low == 0 && reach.0 < 0
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
        Some(reach) if reach.0 >= kind.holds.0 && reach.1 <= kind.holds.1 => {
            Ok(Some(Whole { kind, range: reach }))
        }
        // Of integers only: what a cast of a float beyond the type gives is not defined.
        Some(reach) if kind.holds.1.saturating_sub(kind.holds.0) < NARROW => Err(Reason::Wraps {
            element: kind.name,
            holds: kind.holds,
            reach,
        }),
        _ => Ok(Some(Whole::of(kind))),
    }
}
