//! `Tanh`: the hyperbolic tangent.

use super::Rule;
use hallmark_model::Activation;

pub(super) const RULE: Rule = Rule {
    name: "Tanh",
    attributes: &[],
    lower: |ctx| super::activation(ctx, Activation::Tanh),
};
