//! `GlobalMaxPool`: the maximum over all spatial axes.

use super::global_average_pool::pool;
use super::rule::Rule;
use hallmark_model::Op;
use hallmark_model::ops::float::MaxPool;

pub(super) const RULE: Rule = Rule {
    name: "GlobalMaxPool",
    attributes: &[],
    lower: |ctx| pool(ctx, |window| Op::MaxPool(MaxPool { window })),
};
