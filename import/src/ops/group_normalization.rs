//! `GroupNormalization`: groups of channels by their own mean and deviation, then a factor and a summand. These are per group before
//! opset 21, per channel from it on.

use super::normalization::{normalized, per_channel, scaled_and_shifted};
use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use hallmark_model::ops::float::Measure;

pub(super) const RULE: Rule = Rule {
    name: "GroupNormalization",
    attributes: &["epsilon", "num_groups", "stash_type"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let &[batch, channels, _, ..] = x.shape() else {
        return Err(Reason::shape("expected an input (N, C, …) with further axes"));
    };
    let groups = ctx.int("num_groups")?.and_then(|n| usize::try_from(n).ok());
    let groups = groups
        .filter(|&n| n > 0 && channels.is_multiple_of(n))
        .ok_or_else(|| {
            Reason::attribute(
                "num_groups",
                format!("expected a divisor of the {channels} channels"),
            )
        })?;
    let epsilon = f64::from(ctx.float("epsilon")?.unwrap_or(1e-5));
    let row = x.shape().iter().skip(1).product::<usize>() / groups;
    let rows = ctx.reshape(&x, vec![batch, groups, row])?;
    let made = normalized(ctx, &rows, &[2], (Measure::Deviation, epsilon))?;
    if ctx.opset < 21 {
        let parameters = [per_group(ctx, 1, groups)?, per_group(ctx, 2, groups)?];
        let made = scaled_and_shifted(ctx, made, parameters.map(Some))?;
        return Ok(ctx.reshape(&made, x.shape().to_vec())?.into());
    }
    let made = ctx.reshape(&made, x.shape().to_vec())?;
    let scale = per_channel(ctx, 1, (channels, x.rank()))?;
    let bias = per_channel(ctx, 2, (channels, x.rank()))?;
    Ok(scaled_and_shifted(ctx, made, [Some(scale), Some(bias)])?.into())
}

/// An input of one number for each group, for tensors `(N, groups, elements)`.
fn per_group(ctx: &mut Context<'_>, index: usize, groups: usize) -> Result<Operand, Reason> {
    per_channel(ctx, index, (groups, 3))
}
