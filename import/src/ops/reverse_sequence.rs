//! `ReverseSequence`: for every batch, the first elements of an axis in reversed order. Their numbers must be constant.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis};
use crate::moves::{coordinates, elements, place};

pub(super) const RULE: Rule = Rule {
    name: "ReverseSequence",
    attributes: &["batch_axis", "time_axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let batch = axis(ctx.int("batch_axis")?.unwrap_or(1), x.rank())?;
    let time = axis(ctx.int("time_axis")?.unwrap_or(0), x.rank())?;
    let lengths = super::reshape::lengths(&ctx.required_integers(1, "the lengths")?)?;
    let shape = x.shape().to_vec();
    if lengths.len() != shape[batch] || batch == time {
        return Err(Reason::shape(format!(
            "{} lengths for an input of shape {shape:?}, batch axis {batch} and time axis {time}",
            lengths.len()
        )));
    }
    if let Some(length) = lengths.iter().find(|&&length| length > shape[time]) {
        return Err(Reason::shape(format!(
            "{length} elements are reversed of an axis of length {}",
            shape[time]
        )));
    }
    ctx.builder.reserve(elements(&shape))?;
    let places: Vec<Option<usize>> = coordinates(&shape)
        .map(|mut at| {
            let length = lengths[at[batch]];
            if at[time] < length {
                at[time] = length - 1 - at[time];
            }
            Some(place(&shape, &at))
        })
        .collect();
    Ok(ctx.placed(&x, &places, shape)?.into())
}
