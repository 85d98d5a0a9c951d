//! `ReduceMax`: maxima along axes.

use super::reduction;
use super::rule::Rule;
use hallmark_model::Op;
use hallmark_model::ops::float::MaxPool;

pub(super) const RULE: Rule = Rule {
    name: "ReduceMax",
    attributes: reduction::ATTRIBUTES,
    lower: |ctx| reduction::pool(ctx, 18, |window| Op::MaxPool(MaxPool { window })),
};
