//! `LayerNormalization`: `(x − μ) / √(σ² + ε) · scale + bias` over the axes from `axis` on.

use super::normalization::{normalized, scaled_and_shifted};
use super::rule::Rule;
use crate::context::{Context, Lowered, axis};
use hallmark_model::ops::float::Measure;

pub(super) const RULE: Rule = Rule {
    name: "LayerNormalization",
    attributes: &["axis", "epsilon", "stash_type"],
    lower: |ctx| over_last_axes(ctx, Measure::Deviation),
};

/// Normalisation over the axes from `axis` on, by default the last one, with scale and bias.
pub(super) fn over_last_axes(ctx: &mut Context<'_>, measure: Measure) -> Lowered {
    let x = ctx.input(0)?;
    let first = axis(ctx.int("axis")?.unwrap_or(-1), x.rank())?;
    let epsilon = f64::from(ctx.float("epsilon")?.unwrap_or(1e-5));
    let axes: Vec<usize> = (first..x.rank()).collect();
    let made = normalized(ctx, &x, &axes, (measure, epsilon))?;
    let parameters = [Some(ctx.input(1)?), ctx.optional(2)];
    Ok(scaled_and_shifted(ctx, made, parameters)?.into())
}
