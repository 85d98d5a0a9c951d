//! `Add`: the sum of two tensors, with broadcasting.

use super::Rule;
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Add",
    attributes: &[],
    lower: |ctx| super::arithmetic(ctx, Op::Add),
};
