//! `LogSoftmax`: the logarithm of a softmax.

use super::rule::Rule;
use super::softmax;
use hallmark_model::ops::SoftmaxResult;

pub(super) const RULE: Rule = Rule {
    name: "LogSoftmax",
    attributes: &["axis"],
    lower: |ctx| softmax::lower(ctx, SoftmaxResult::Logarithms),
};
