//! `Erf`: the error function.

use super::Rule;
use hallmark_model::Activation;

pub(super) const RULE: Rule = Rule {
    name: "Erf",
    attributes: &[],
    lower: |ctx| super::activation(ctx, Activation::Erf),
};
