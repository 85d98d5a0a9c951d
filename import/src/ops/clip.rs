//! `Clip`: elements limited to a range. Bounds are attributes before opset 11, inputs from it on, which may be computed.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use crate::onnx::element::Element;
use hallmark_model::limits::MAX_MAGNITUDE;
use hallmark_model::ops::Number;
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "Clip",
    attributes: &["max", "min"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let is_computed = |bound: &Option<Operand>| bound.as_ref().is_some_and(|bound| bound.data().is_none());
    let bounds = [ctx.optional(1), ctx.optional(2)];
    if ctx.opset >= 11 && bounds.iter().any(is_computed) {
        return between(ctx, x, bounds);
    }
    let (min, max) = match ctx.opset < 11 {
        true => (ctx.float("min")?.map(f64::from), ctx.float("max")?.map(f64::from)),
        false => (
            bound(ctx, x.element(), (1, "the lower bound"))?,
            bound(ctx, x.element(), (2, "the upper bound"))?,
        ),
    };
    let (least, greatest) = (f64::from(f32::MIN), f64::from(f32::MAX));
    let (min, max) = (min.unwrap_or(least), max.unwrap_or(greatest));
    if min.is_nan() || max.is_nan() {
        return Err(Reason::form("a bound is NaN"));
    }
    let (unbounded_below, unbounded_above) = (min <= least, max >= greatest);
    let function = match (unbounded_below, unbounded_above) {
        (true, true) => return Ok(x.into()),
        (false, true) if min == 0.0 => Activation::RELU,
        // Where the bounds are the wrong way round, the upper one wins.
        _ => Activation::clip(min.min(max), max),
    };
    Ok(ctx.emit(Op::Activation(function), &[&x])?.into())
}

/// Elements between bounds one of which is computed; where they cross, the upper one wins.
fn between(ctx: &mut Context<'_>, x: Operand, [min, max]: [Option<Operand>; 2]) -> Lowered {
    for (bound, what) in [(&min, "the lower bound"), (&max, "the upper bound")] {
        if let Some(elements) = bound
            .as_ref()
            .map(|bound| bound.shape().iter().product::<usize>())
            && elements != 1
        {
            return Err(Reason::shape(format!(
                "{what} must be a scalar, has {elements} elements"
            )));
        }
    }
    let shape = x.shape().to_vec();
    let raised = match min {
        Some(min) => super::max::greater(ctx, &x, &min)?,
        None => x,
    };
    let limited = match max {
        Some(max) => super::min::lesser(ctx, &raised, &max)?,
        None => raised,
    };
    Ok(ctx.reshape(&limited, shape)?.into())
}

/// A bound in double precision. That of integers is exact, or so far away that no integer of a model reaches it.
fn bound(
    ctx: &Context<'_>,
    element: Element,
    (index, what): (usize, &'static str),
) -> Result<Option<f64>, Reason> {
    match ctx.scalar_of(element, index, what)? {
        None => Ok(None),
        Some(Number::Real(bound)) => Ok(Some(bound.into())),
        Some(Number::Integer(bound)) => {
            let value = bound as f64;
            let is_exact = value as i128 == i128::from(bound);
            match is_exact || bound.unsigned_abs() >= MAX_MAGNITUDE.unsigned_abs() {
                true => Ok(Some(value)),
                false => Err(Reason::form(format!(
                    "{what}, {bound}, is over 2^53 and not exact in double precision, in which functions are computed; \
                     leave it out, or use a smaller one"
                ))),
            }
        }
    }
}
