//! `SoftmaxCrossEntropyLoss`: the negative log-likelihood loss of a softmax's logarithms.

use super::rule::Rule;
use super::{negative_log_likelihood_loss, softmax};
use crate::context::{Context, Lowered, Outputs, require_float};
use hallmark_model::ops::SoftmaxResult;

pub(super) const RULE: Rule = Rule {
    name: "SoftmaxCrossEntropyLoss",
    attributes: &["ignore_index", "reduction"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let scores = ctx.input(0)?;
    require_float(&scores)?;
    let axis = crate::context::axis(1, scores.rank())?;
    let logarithms = softmax::of_axis(ctx, &scores, axis, SoftmaxResult::Logarithms)?;
    let loss = negative_log_likelihood_loss::loss(ctx, &logarithms)?;
    Ok(Outputs(vec![loss, logarithms]))
}
