//! `HardSwish`: `x · max(0, min(1, x/6 + 1/2))`.

use super::Rule;
use hallmark_model::Activation;

pub(super) const RULE: Rule = Rule {
    name: "HardSwish",
    attributes: &[],
    lower: |ctx| super::activation(ctx, Activation::HardSwish),
};
