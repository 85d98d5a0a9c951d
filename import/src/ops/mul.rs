//! `Mul`: the product of two tensors, element by element, with broadcasting.

use super::rule::Rule;
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Mul",
    attributes: &[],
    lower: |ctx| super::rule::arithmetic(ctx, Op::Mul),
};
