//! `Range`: a sequence of numbers with a constant step.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, vector};
use crate::context::{Context, Lowered};
use ndarray::Array1;

pub(super) const RULE: Rule = Rule {
    name: "Range",
    attributes: &["stash_type"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    match ctx.input(0)?.data() {
        Some(Data::Float(_)) => floats(ctx),
        _ => integers(ctx),
    }
}

fn integers(ctx: &mut Context<'_>) -> Lowered {
    let mut bounds = [0_i128; 3];
    for (index, bound) in bounds.iter_mut().enumerate() {
        *bound = match ctx.required_integers(index, "a bound of the range")?[..] {
            [value] => i128::from(value),
            _ => return Err(Reason::shape(format!("input {index} must be a scalar"))),
        };
    }
    let [start, end, step] = bounds;
    if step == 0 {
        return Err(Reason::form("the step is 0"));
    }
    let count = ((end - start + step - step.signum()) / step).max(0);
    let count = ctx.builder.reserve(usize::try_from(count).ok())?;
    // All values lie between the bounds, which are 64-bit.
    Ok(vector((0..count).map(|i| (start + step * i as i128) as i64)).into())
}

fn floats(ctx: &mut Context<'_>) -> Lowered {
    let mut bounds = [0_f64; 3];
    for (index, bound) in bounds.iter_mut().enumerate() {
        let number = ctx.scalar(index, "a bound of the range")?;
        *bound = number.ok_or(Reason::MissingInput { index })?.real().into();
    }
    let [start, end, step] = bounds;
    let count = ((end - start) / step).ceil().max(0.0);
    if !count.is_finite() || step == 0.0 {
        return Err(Reason::form("the bounds are not finite or the step is 0"));
    }
    let count = ctx.builder.reserve(Some(count as usize))?;
    Ok(
        Data::float(Array1::from_iter((0..count).map(|i| (start + step * i as f64) as f32)).into_dyn())
            .into(),
    )
}
