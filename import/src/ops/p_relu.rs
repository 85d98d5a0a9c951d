//! `PRelu`: a slope for negative elements, per element or broadcast.
//!
//! One constant slope for all is a leaky ReLU. Else `relu(x) + relu(−x)·(−slope)`, which is exact: one of the terms is zero.

use super::rule::Rule;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "PRelu",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (x, slopes) = (ctx.input(0)?, ctx.input(1)?);
    if slopes.data().is_none() {
        return computed(ctx, &x, &slopes);
    }
    let slopes = ctx.required_floats(1, "the slopes")?;
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

/// `relu(x) − relu(−x)·slope`.
fn computed(ctx: &mut Context<'_>, x: &Operand, slopes: &Operand) -> Lowered {
    let relu = Op::Activation(Activation::RELU);
    let positive = ctx.emit(relu.clone(), &[x])?;
    let negated = ctx.emit(Op::Neg, &[x])?;
    let negative = ctx.emit(relu, &[&negated])?;
    let sloped = ctx.emit(Op::Mul, &[&negative, slopes])?;
    Ok(ctx.emit(Op::Sub, &[&positive, &sloped])?.into())
}
