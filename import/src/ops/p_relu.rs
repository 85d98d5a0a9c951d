//! `PRelu`: a slope for negative elements, constant, per element or broadcast.
//!
//! One slope for all is a leaky ReLU. Else `relu(x) + relu(−x)·(−slope)`, which is exact: one of the terms is zero.

use super::rule::Rule;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "PRelu",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let slopes = ctx.required_floats(1, "the slopes")?;
    let x = ctx.input(0)?;
    if let Some(&alpha) = slopes.first()
        && slopes.iter().all(|&slope| slope == alpha)
    {
        return super::rule::activation(ctx, Activation::leaky_relu(alpha));
    }
    let relu = Op::Activation(Activation::RELU);
    let positive = ctx.emit(relu.clone(), &[&x])?;
    let negated = ctx.scaled(x, -1.0)?;
    let negative = ctx.emit(relu, &[&negated])?;
    let factors = Data::float(slopes.mapv(|slope| -slope)).into();
    let sloped = ctx.emit(Op::Mul, &[&negative, &factors])?;
    Ok(ctx.emit(Op::Add, &[&positive, &sloped])?.into())
}
