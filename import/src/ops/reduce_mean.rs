//! `ReduceMean`: means along axes.

use super::reduction;
use super::rule::Rule;
use crate::context::{Context, Lowered, require_float};
use hallmark_model::Op;
use hallmark_model::ops::float::AveragePool;

pub(super) const RULE: Rule = Rule {
    name: "ReduceMean",
    attributes: reduction::ATTRIBUTES,
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    require_float(&ctx.input(0)?)?;
    reduction::pool(ctx, 18, |window| {
        Op::AveragePool(AveragePool {
            window,
            count_include_pad: false,
        })
    })
}
