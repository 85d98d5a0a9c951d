//! `MeanVarianceNormalization`: `(x − μ) / (σ + 10⁻⁹)` over the given axes, which are all but the channels by default.

use super::normalization::normalized;
use super::rule::Rule;
use crate::context::{Context, Lowered, axes};
use hallmark_model::ops::float::Measure;

pub(super) const RULE: Rule = Rule {
    name: "MeanVarianceNormalization",
    attributes: &["axes"],
    lower,
};

/// The square of what ONNX adds to σ, so that a row without deviation is divided by the same number. Others are divided by
/// `√(σ² + 10⁻¹⁸)` instead of `σ + 10⁻⁹`, which is less by 10⁻⁹ at most.
const EPSILON: f64 = 1e-18;

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let named = ctx.ints("axes")?.unwrap_or_else(|| vec![0, 2, 3]);
    let reduced = axes(&named, x.rank())?;
    Ok(normalized(ctx, &x, &reduced, (Measure::Deviation, EPSILON))?.into())
}
