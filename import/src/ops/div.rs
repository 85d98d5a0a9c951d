//! `Div`: the quotient of two tensors, element by element, with broadcasting; of integers, rounded towards zero.

use super::rule::Rule;
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Div",
    attributes: &[],
    lower: |ctx| super::rule::arithmetic(ctx, Op::Div),
};
