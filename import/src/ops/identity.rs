//! `Identity`: the input as it is.

use super::rule::Rule;

pub(super) const RULE: Rule = Rule {
    name: "Identity",
    attributes: &[],
    lower: |ctx| Ok(ctx.input(0)?.into()),
};
