//! `Unsqueeze`: axes of length 1 added. They are an attribute before opset 13, an input from it on.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axes};

pub(super) const RULE: Rule = Rule {
    name: "Unsqueeze",
    attributes: &["axes"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let named = ctx
        .attribute_or_input("axes", 1, 13)?
        .ok_or_else(|| Reason::attribute("axes", "is missing"))?;
    let rank = x.rank() + named.len();
    if rank > hallmark_model::limits::MAX_RANK {
        return Err(Reason::shape(format!("the result would have {rank} axes")));
    }
    let added = axes(&named, rank)?;
    let mut lengths = x.shape().iter().copied();
    let shape = (0..rank)
        .map(|axis| {
            if added.contains(&axis) {
                1
            } else {
                lengths.next().unwrap_or(1)
            }
        })
        .collect();
    Ok(ctx.reshape(&x, shape)?.into())
}
