//! `GatherND`: slices of a tensor by constant coordinates.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::moves::{elements, index};

pub(super) const RULE: Rule = Rule {
    name: "GatherND",
    attributes: &["batch_dims"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let tuples = ctx.input(1)?.shape().to_vec();
    let indices = ctx.required_integers(1, "the indices")?;
    let batch = usize::try_from(ctx.int("batch_dims")?.unwrap_or(0)).unwrap_or(usize::MAX);
    let length = tuples.last().copied().unwrap_or(0);
    let fits = batch < tuples.len()
        && length > 0
        && batch + length <= x.rank()
        && tuples[..batch] == x.shape()[..batch];
    if !fits {
        return Err(Reason::shape(format!(
            "indices of shape {tuples:?} with {batch} batch axes for an input of shape {:?}",
            x.shape()
        )));
    }
    let source = x.shape().to_vec();
    let chosen = &source[batch..batch + length];
    let slice: usize = source[batch + length..].iter().product();
    let shape = [&tuples[..tuples.len() - 1], &source[batch + length..]].concat();
    let count = ctx.builder.reserve(elements(&shape))?;
    let batches: usize = source[..batch].iter().product();
    let per_batch = (indices.len() / length) / batches.max(1);
    let block: usize = chosen.iter().product();
    let mut places = Vec::with_capacity(count);
    for (number, tuple) in indices.chunks_exact(length).enumerate() {
        let mut first = number / per_batch.max(1);
        first *= block;
        let mut within = 0;
        for (&value, &axis) in tuple.iter().zip(chosen) {
            within = within * axis + index(value, axis)?;
        }
        let start = (first + within) * slice;
        places.extend((start..start + slice).map(Some));
    }
    Ok(ctx.placed(&x, &places, shape)?.into())
}
