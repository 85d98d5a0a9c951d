//! `Add`: the sum of two tensors, with broadcasting.

use super::rule::Rule;
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Add",
    attributes: &[],
    lower: |ctx| super::rule::arithmetic(ctx, Op::Add),
};
