//! `LpNormalization`: rows along an axis divided by their Euclidean length; a row of zeros stays one.

use super::normalization::normalized;
use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis};
use hallmark_model::ops::float::Measure;

pub(super) const RULE: Rule = Rule {
    name: "LpNormalization",
    attributes: &["axis", "p"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let along = axis(ctx.int("axis")?.unwrap_or(-1), x.rank())?;
    match ctx.int("p")?.unwrap_or(2) {
        2 => Ok(normalized(ctx, &x, &[along], (Measure::Length, 0.0))?.into()),
        p => Err(Reason::attribute(
            "p",
            format!("{p} is not supported, only 2; write the division by a ReduceL1 out"),
        )),
    }
}
