//! `GatherElements`: for every element of the result an index along one axis. The indices must be constant.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis};
use crate::moves::{coordinates, elements, index, place};

pub(super) const RULE: Rule = Rule {
    name: "GatherElements",
    attributes: &["axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let along = axis(ctx.int("axis")?.unwrap_or(0), x.rank())?;
    let shape = ctx.input(1)?.shape().to_vec();
    let indices = ctx.required_integers(1, "the indices")?;
    let fits = shape.len() == x.rank()
        && (0..shape.len()).all(|axis| axis == along || shape[axis] <= x.shape()[axis]);
    if !fits {
        return Err(Reason::shape(format!(
            "indices of shape {shape:?} for an input of shape {:?}",
            x.shape()
        )));
    }
    ctx.builder.reserve(elements(&shape))?;
    let mut places = Vec::with_capacity(indices.len());
    for (mut at, value) in coordinates(&shape).zip(indices) {
        at[along] = index(value, x.shape()[along])?;
        places.push(Some(place(x.shape(), &at)));
    }
    Ok(ctx.placed(&x, &places, shape)?.into())
}
