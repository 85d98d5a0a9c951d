//! `Relu`: the greater of the element and zero.

use super::Rule;
use hallmark_model::Activation;

pub(super) const RULE: Rule = Rule {
    name: "Relu",
    attributes: &[],
    lower: |ctx| super::activation(ctx, Activation::Relu),
};
