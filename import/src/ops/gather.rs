//! `Gather`: elements of an axis by indices. Constant ones are a movement; computed ones choose rows of a table.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered, axis};
use crate::moves::{elements, index};
use crate::onnx::element::Element;
use hallmark_model::Op;
use hallmark_model::ops::float::Embedding;
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "Gather",
    attributes: &["axis"],
    lower,
};

/// An index outside of the table is an error.
const ROWS: Embedding = Embedding { zeros_outside: false };

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let along = axis(ctx.int("axis")?.unwrap_or(0), x.rank())?;
    let indices = ctx.input(1)?;
    if indices.data().is_none() {
        return Ok(computed(ctx, &x, along, &indices)?.into());
    }
    let length = x.shape()[along];
    let mut shape = x.shape().to_vec();
    shape.splice(along..=along, indices.shape().iter().copied());
    let indices = ctx.required_integers(1, "the indices")?;
    let indices = indices.into_iter().map(|i| index(i, length));
    let indices = indices.collect::<Result<Vec<_>, _>>()?;
    ctx.builder.reserve(match x.data() {
        Some(_) => elements(&shape),
        None => Some(0),
    })?;
    let picked = ctx.along(&x, along, indices)?;
    Ok(ctx.reshape(&picked, shape)?.into())
}

/// Rows of a table by computed indices. A table that is computed too is multiplied by rows of the identity matrix.
fn computed(ctx: &mut Context<'_>, x: &Operand, along: usize, indices: &Operand) -> Result<Operand, Reason> {
    if indices.element() != Element::Integer {
        return Err(Reason::ElementType {
            expected: "integers",
            found: format!("indices that are {}", indices.element().name()),
        });
    }
    // The axis in front, and all others as one.
    let rank = x.rank();
    let perm: Vec<usize> = std::iter::once(along)
        .chain((0..rank).filter(|&axis| axis != along))
        .collect();
    let turned = ctx.transpose(x, perm)?;
    let (rows, rest) = (turned.shape()[0], turned.shape()[1..].to_vec());
    let width = elements(&rest).unwrap_or(usize::MAX);
    let table = ctx.reshape(&turned, vec![rows, width])?;
    let chosen = match table.data() {
        Some(_) => ctx.emit(Op::Embedding(ROWS), &[indices, &table])?,
        None => {
            let all = one_hot(ctx, indices, rows, ROWS)?;
            let count = elements(indices.shape()).unwrap_or(usize::MAX);
            let all = ctx.reshape(&all, vec![count, rows])?;
            ctx.emit(Op::MatMul, &[&all, &table])?
        }
    };
    // From (indices, rest) to the axes before, the indices, the axes after.
    let chosen = ctx.reshape(&chosen, [indices.shape(), &rest].concat())?;
    let index_axes = indices.rank();
    let before = index_axes..index_axes + along;
    let after = index_axes + along..chosen.rank();
    ctx.transpose(&chosen, before.chain(0..index_axes).chain(after).collect())
}

/// A one at the place of every index along a new last axis of `depth` elements, zeros elsewhere: rows of the identity matrix.
pub(super) fn one_hot(
    ctx: &mut Context<'_>,
    indices: &Operand,
    depth: usize,
    rows: Embedding,
) -> Result<Operand, Reason> {
    ctx.builder.reserve(depth.checked_mul(depth))?;
    let identity = ArrayD::from_shape_fn(IxDyn(&[depth, depth]), |at| i64::from(at[0] == at[1]));
    ctx.emit(Op::Embedding(rows), &[indices, &Data::integer(identity).into()])
}
