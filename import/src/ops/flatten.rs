//! `Flatten`: the axes before and from `axis` on become two.

use super::rule::Rule;
use crate::context::{Context, Lowered, axis};

pub(super) const RULE: Rule = Rule {
    name: "Flatten",
    attributes: &["axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let value = ctx.int("axis")?.unwrap_or(1);
    // The axis may be the rank itself: then all axes are in the first one.
    let split = if value == x.rank() as i64 {
        x.rank()
    } else {
        axis(value, x.rank())?
    };
    let (before, after) = x.shape().split_at(split);
    let shape = vec![before.iter().product(), after.iter().product()];
    Ok(ctx.reshape(&x, shape)?.into())
}
