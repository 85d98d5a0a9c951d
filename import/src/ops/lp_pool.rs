//! `LpPool` and `GlobalLpPool`: sums of magnitudes, or Euclidean lengths, of windows.

use super::global_average_pool::pool;
use super::reduce_l2::lengths;
use super::reduction::sum;
use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::window::geometry;
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "LpPool",
    attributes: &[
        "auto_pad",
        "ceil_mode",
        "dilations",
        "kernel_shape",
        "p",
        "pads",
        "strides",
    ],
    lower,
};

pub(super) const GLOBAL: Rule = Rule {
    name: "GlobalLpPool",
    attributes: &["p"],
    lower: |ctx| match is_length(ctx)? {
        true => pool(ctx, lengths),
        false => {
            magnitudes(ctx)?;
            pool(ctx, sum)
        }
    },
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let is_length = is_length(ctx)?;
    if !is_length {
        magnitudes(ctx)?;
    }
    let x = ctx.input(0)?;
    let kernel = ctx
        .sizes("kernel_shape")?
        .ok_or_else(|| Reason::attribute("kernel_shape", "is missing"))?;
    let window = geometry(ctx, &kernel, x.shape())?.window;
    let op = if is_length { lengths(window) } else { sum(window) };
    Ok(ctx.emit(op, &[&x])?.into())
}

/// Whether p is 2, and not 1.
fn is_length(ctx: &Context<'_>) -> Result<bool, Reason> {
    match ctx.int("p")?.unwrap_or(2) {
        1 => Ok(false),
        2 => Ok(true),
        p => Err(Reason::attribute(
            "p",
            format!("{p} is not supported, only 1 and 2"),
        )),
    }
}

/// Puts the magnitudes of the first input in its place.
fn magnitudes(ctx: &mut Context<'_>) -> Result<(), Reason> {
    let x = ctx.input(0)?;
    let magnitudes = ctx.emit(Op::Activation(Activation::ABS), &[&x])?;
    ctx.inputs[0] = Some(magnitudes);
    Ok(())
}
