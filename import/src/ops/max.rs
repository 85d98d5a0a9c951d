//! `Max`: the greatest of any number of tensors, element by element, with broadcasting.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "Max",
    attributes: &[],
    lower: |ctx| of_all(ctx, greater),
};

/// Of all inputs what a function of two gives, the constants first.
pub(super) fn of_all(
    ctx: &mut Context<'_>,
    choose: fn(&mut Context<'_>, &Operand, &Operand) -> Result<Operand, Reason>,
) -> Lowered {
    let mut inputs = ctx.all_inputs()?;
    inputs.sort_by_key(|input| input.data().is_none());
    let (first, rest) = inputs.split_first().ok_or(Reason::MissingInput { index: 0 })?;
    let chosen = rest
        .iter()
        .try_fold(first.clone(), |chosen, input| choose(ctx, &chosen, input))?;
    Ok(chosen.into())
}

/// The greater of two; of a number and a tensor a rectifier, or a clip.
pub(super) fn greater(ctx: &mut Context<'_>, a: &Operand, b: &Operand) -> Result<Operand, Reason> {
    let (least, greatest) = (f64::from(f32::MIN), f64::from(f32::MAX));
    match bound(a, b).or_else(|| bound(b, a)) {
        Some((bound, x)) if bound <= least => Ok(x.clone()),
        Some((0.0, x)) => ctx.emit(Op::Activation(Activation::RELU), &[x]),
        Some((bound, x)) if bound < greatest => {
            ctx.emit(Op::Activation(Activation::clip(bound, greatest)), &[x])
        }
        _ => ctx.emit(Op::Max, &[a, b]),
    }
}

/// One number and a computed tensor to which it adds no axes.
pub(super) fn bound<'a>(number: &Operand, tensor: &'a Operand) -> Option<(f64, &'a Operand)> {
    let data = number.data().filter(|_| tensor.data().is_none())?;
    if data.shape().iter().any(|&n| n != 1) || data.shape().len() > tensor.rank() {
        return None;
    }
    let value = match data {
        Data::Float(values) => f64::from(*values.first()?),
        // Other integers are compared exactly.
        Data::Integer { values, .. } => {
            let integer = *values.first()?;
            (integer as f64 as i128 == i128::from(integer)).then_some(integer as f64)?
        }
    };
    Some((value, tensor))
}
