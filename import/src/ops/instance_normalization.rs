//! `InstanceNormalization`: every channel of every image by its own mean and deviation, then a factor and a summand per channel.

use super::normalization::{normalized, per_channel, scaled_and_shifted};
use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use hallmark_model::ops::float::Measure;

pub(super) const RULE: Rule = Rule {
    name: "InstanceNormalization",
    attributes: &["consumed_inputs", "epsilon"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let &[_, channels, _, ..] = x.shape() else {
        return Err(Reason::shape("expected an input (N, C, …) with spatial axes"));
    };
    let epsilon = f64::from(ctx.float("epsilon")?.unwrap_or(1e-5));
    let axes: Vec<usize> = (2..x.rank()).collect();
    let made = normalized(ctx, &x, &axes, (Measure::Deviation, epsilon))?;
    let scale = per_channel(ctx, 1, (channels, x.rank()))?;
    let bias = per_channel(ctx, 2, (channels, x.rank()))?;
    Ok(scaled_and_shifted(ctx, made, [Some(scale), Some(bias)])?.into())
}
