//! `ArgMin`: the index of the minimum along an axis, that of the negative's maximum.

use super::arg_max::index_of_maximum;
use super::rule::Rule;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "ArgMin",
    attributes: &["axis", "keepdims", "select_last_index"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    Ok(super::reduce_min::negated(ctx, &x, |ctx, negative| index_of_maximum(ctx, &negative))?.into())
}
