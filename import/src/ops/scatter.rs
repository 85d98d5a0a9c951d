//! `ScatterElements` and `ScatterND`: a tensor with other elements at constant places.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered, axis};
use crate::moves::{coordinates, elements, index, place};
use hallmark_model::Op;

pub(super) const ELEMENTS: Rule = Rule {
    name: "ScatterElements",
    attributes: &["axis", "reduction"],
    lower: lower_elements,
};

pub(super) const ND: Rule = Rule {
    name: "ScatterND",
    attributes: &["reduction"],
    lower: lower_nd,
};

/// What `ScatterElements` was called before opset 11.
pub(super) const OLD: Rule = Rule {
    name: "Scatter",
    attributes: &["axis"],
    lower: lower_elements,
};

fn lower_elements(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let along = axis(ctx.int("axis")?.unwrap_or(0), x.rank())?;
    let shape = ctx.input(1)?.shape().to_vec();
    let indices = ctx.required_integers(1, "the indices")?;
    let updates = ctx.input(2)?;
    let fits = shape.len() == x.rank()
        && (0..shape.len()).all(|axis| axis == along || shape[axis] <= x.shape()[axis]);
    if !fits || updates.shape() != shape {
        return Err(unfit(&x, &shape, &updates));
    }
    let mut places = Vec::with_capacity(indices.len());
    for (mut at, value) in coordinates(&shape).zip(indices) {
        at[along] = index(value, x.shape()[along])?;
        places.push(place(x.shape(), &at));
    }
    scattered(ctx, x, &updates, &places)
}

fn lower_nd(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let tuples = ctx.input(1)?.shape().to_vec();
    let indices = ctx.required_integers(1, "the indices")?;
    let updates = ctx.input(2)?;
    let length = tuples.last().copied().unwrap_or(0);
    if length == 0 || length > x.rank() {
        return Err(unfit(&x, &tuples, &updates));
    }
    let (chosen, rest) = x.shape().split_at(length);
    if [&tuples[..tuples.len() - 1], rest].concat() != updates.shape() {
        return Err(unfit(&x, &tuples, &updates));
    }
    let slice: usize = rest.iter().product();
    ctx.builder.reserve(elements(updates.shape()))?;
    let mut places = Vec::new();
    for tuple in indices.chunks_exact(length) {
        let mut within = 0;
        for (&value, &axis) in tuple.iter().zip(chosen) {
            within = within * axis + index(value, axis)?;
        }
        places.extend(within * slice..(within + 1) * slice);
    }
    scattered(ctx, x, &updates, &places)
}

fn unfit(x: &Operand, indices: &[usize], updates: &Operand) -> Reason {
    Reason::shape(format!(
        "indices of shape {indices:?} and updates of shape {:?} for an input of shape {:?}",
        updates.shape(),
        x.shape()
    ))
}

/// Puts the elements of `updates`, in order, at places of a tensor, or adds them there.
fn scattered(ctx: &mut Context<'_>, x: Operand, updates: &Operand, places: &[usize]) -> Lowered {
    let shape = x.shape().to_vec();
    let count = ctx.builder.reserve(elements(&shape))?;
    let adds = match ctx.string("reduction")?.unwrap_or("none") {
        "none" => false,
        "add" => true,
        other => {
            return Err(Reason::attribute(
                "reduction",
                format!("`{other}` is not supported, only none and add"),
            ));
        }
    };
    // Rounds of updates in which no place occurs twice.
    let mut rounds: Vec<Vec<Option<usize>>> = Vec::new();
    let mut written = vec![0_usize; count];
    for (update, &place) in places.iter().enumerate() {
        let round = written[place];
        written[place] += 1;
        if round == rounds.len() {
            if round > 0 && !adds {
                return Err(Reason::form(
                    "it writes an element twice, in an order that is not defined",
                ));
            }
            ctx.builder.reserve(Some(count))?;
            rounds.push(vec![None; count]);
        }
        rounds[round][place] = Some(update);
    }
    if adds {
        let mut sum = x;
        for round in rounds {
            let moved = ctx.placed(updates, &round, shape.clone())?;
            sum = ctx.emit(Op::Add, &[&sum, &moved])?;
        }
        return Ok(sum.into());
    }
    let Some(round) = rounds.pop() else {
        return Ok(x.into());
    };
    let flat = ctx.reshape(&x, vec![count])?;
    let new = ctx.reshape(updates, vec![elements(updates.shape()).unwrap_or(0)])?;
    let both = super::concat::joined(ctx, &[flat, new], 0)?;
    let from = |(place, update): (usize, &Option<usize>)| Some(update.map_or(place, |update| count + update));
    let all: Vec<Option<usize>> = round.iter().enumerate().map(from).collect();
    Ok(ctx.placed(&both, &all, shape)?.into())
}
