//! `Tile`: the tensor several times along its axes.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::moves::elements;

pub(super) const RULE: Rule = Rule {
    name: "Tile",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let mut x = ctx.input(0)?;
    let repeats = super::reshape::lengths(&ctx.required_integers(1, "the numbers of repetitions")?)?;
    if repeats.len() != x.rank() {
        return Err(Reason::shape(format!(
            "{} numbers of repetitions for a tensor of {} axes",
            repeats.len(),
            x.rank()
        )));
    }
    let lengths: Option<Vec<usize>> = x
        .shape()
        .iter()
        .zip(&repeats)
        .map(|(&n, &times)| n.checked_mul(times))
        .collect();
    ctx.builder.reserve(lengths.as_deref().and_then(elements))?;
    for (axis, times) in repeats.into_iter().enumerate() {
        let length = x.shape()[axis];
        // Where another axis has no elements, this one may still have any number of them.
        ctx.builder.reserve(Some(length * times))?;
        x = ctx.along(&x, axis, (0..length * times).map(|i| i % length).collect())?;
    }
    Ok(x.into())
}
