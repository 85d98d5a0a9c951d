//! `Sigmoid`: the logistic function.

use super::Rule;
use hallmark_model::Activation;

pub(super) const RULE: Rule = Rule {
    name: "Sigmoid",
    attributes: &[],
    lower: |ctx| super::activation(ctx, Activation::Sigmoid),
};
