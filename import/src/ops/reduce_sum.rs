//! `ReduceSum`: sums along axes.

use super::reduction;
use super::rule::Rule;

pub(super) const RULE: Rule = Rule {
    name: "ReduceSum",
    attributes: reduction::ATTRIBUTES,
    lower: |ctx| reduction::pool(ctx, 13, reduction::sum),
};
