//! `Transpose`: axes in another order, reversed by default.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "Transpose",
    attributes: &["perm"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let perm = ctx
        .sizes("perm")?
        .unwrap_or_else(|| (0..x.rank()).rev().collect());
    let mut sorted = perm.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..x.rank()) {
        return Err(Reason::attribute(
            "perm",
            format!("{perm:?} is no permutation of {} axes", x.rank()),
        ));
    }
    Ok(ctx.transpose(&x, perm)?.into())
}
