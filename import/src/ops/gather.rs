//! `Gather`: elements of an axis by constant indices. At run time the indices are grouped into slices.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered, axis};
use hallmark_model::movement::Movement;
use hallmark_model::ops::Number;
use hallmark_model::ops::float::{Concat, Slice};
use hallmark_model::{Op, SliceAxis};

pub(super) const RULE: Rule = Rule {
    name: "Gather",
    attributes: &["axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let along = axis(ctx.int("axis")?.unwrap_or(0), x.rank())?;
    let index_shape = ctx.input(1)?.shape().to_vec();
    let length = x.shape()[along];
    let indices = ctx.required_integers(1, "the indices")?;
    let indices = indices
        .into_iter()
        .map(|index| axis_index(index, length))
        .collect::<Result<Vec<_>, _>>()?;
    let mut shape = x.shape().to_vec();
    shape.splice(along..=along, index_shape);
    ctx.builder.reserve(match x.data() {
        Some(_) => shape
            .iter()
            .try_fold(1_usize, |product, &axis| product.checked_mul(axis)),
        None => Some(0),
    })?;
    let picked = match x.data() {
        Some(data) => {
            let movement = Movement::gather(x.shape(), along, &indices).map_err(Reason::shape)?;
            Data::moved(&[data], &movement, Number::Integer(0))?.into()
        }
        None => slices(ctx, &x, along, &indices)?,
    };
    Ok(ctx.reshape(&picked, shape)?.into())
}

fn axis_index(index: i64, length: usize) -> Result<usize, Reason> {
    let from_end = if index < 0 {
        index.saturating_add(length as i64)
    } else {
        index
    };
    usize::try_from(from_end)
        .ok()
        .filter(|&index| index < length)
        .ok_or_else(|| Reason::shape(format!("index {index} is outside an axis of length {length}")))
}

/// Joins slices, one for every longest run of indices with a constant step.
fn slices(ctx: &mut Context<'_>, x: &Operand, along: usize, indices: &[usize]) -> Result<Operand, Reason> {
    let mut parts = Vec::new();
    let mut rest = indices;
    while let Some(&start) = rest.first() {
        let step_to = |next: usize| next as isize - start as isize;
        let step = rest.get(1).map_or(1, |&next| step_to(next));
        let run = rest.iter().enumerate().take_while(|&(i, &index)| {
            step != 0
                && (i as isize)
                    .checked_mul(step)
                    .is_some_and(|offset| offset == step_to(index))
        });
        let len = run.count().max(1);
        let mut axes: Vec<_> = x.shape().iter().map(|&len| SliceAxis::whole(len)).collect();
        axes[along] = SliceAxis {
            start,
            step: if step == 0 || len == 1 { 1 } else { step },
            len,
        };
        parts.push(ctx.emit(Op::Slice(Slice { axes }), &[x])?);
        rest = &rest[len..];
    }
    match &parts[..] {
        [] => Err(Reason::shape("no indices")),
        [part] => Ok(part.clone()),
        parts => ctx.emit(
            Op::Concat(Concat { axis: along }),
            &parts.iter().collect::<Vec<_>>(),
        ),
    }
}
