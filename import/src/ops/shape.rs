//! `Shape`: the static shape as integers.

use super::rule::Rule;
use crate::constant::vector;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "Shape",
    attributes: &["end", "start"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let rank = x.rank() as i64;
    let bound = |value: i64| {
        (if value < 0 {
            value.saturating_add(rank)
        } else {
            value
        })
        .clamp(0, rank) as usize
    };
    let start = bound(ctx.int("start")?.unwrap_or(0));
    let end = bound(ctx.int("end")?.unwrap_or(rank)).max(start);
    Ok(vector(x.shape()[start..end].iter().map(|&axis| axis as i64)).into())
}
