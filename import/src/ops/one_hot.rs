//! `OneHot`: a value at the place of every index along a new axis, another one elsewhere.

use super::gather::one_hot;
use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered, axis};
use crate::onnx::element::Element;
use hallmark_model::Op;
use hallmark_model::ops::float::Embedding;
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "OneHot",
    attributes: &["axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let indices = whole(ctx)?;
    let depth = match ctx.scalar(1, "the depth")?.map(|depth| depth.real()) {
        Some(depth) if depth >= 1.0 && depth.fract() == 0.0 && depth < 16_777_216.0 => depth as usize,
        _ => return Err(Reason::shape("the depth must be a positive integer")),
    };
    let along = axis(ctx.int("axis")?.unwrap_or(-1), indices.rank() + 1)?;
    let (off, on) = values(ctx)?;
    let ones = one_hot(ctx, &indices, depth, Embedding { zeros_outside: true })?;
    let mut y = match (&off, &on) {
        (Data::Integer { .. }, Data::Integer { .. }) => ones,
        _ => ones.with_element(Element::Float, None),
    };
    // off + (on − off)·[index = place]
    let off = Operand::from(off);
    let difference = ctx.emit(Op::Sub, &[&on.into(), &off])?;
    y = ctx.emit(Op::Mul, &[&y, &difference])?;
    y = ctx.emit(Op::Add, &[&y, &off])?;
    let last = y.rank() - 1;
    let mut perm: Vec<usize> = (0..last).collect();
    perm.insert(along, last);
    Ok(ctx.transpose(&y, perm)?.into())
}

/// The indices, which must be integers, whatever type they have.
fn whole(ctx: &mut Context<'_>) -> Result<Operand, Reason> {
    let indices = ctx.input(0)?;
    match (indices.element(), indices.data()) {
        (Element::Integer, None) => Ok(indices),
        (_, Some(_)) => Err(Reason::form("constant indices are not supported")),
        (other, None) => Err(Reason::ElementType {
            expected: "integers; cast the indices to int64",
            found: other.name().to_owned(),
        }),
    }
}

/// The two values, elsewhere and at the index.
fn values(ctx: &Context<'_>) -> Result<(Data, Data), Reason> {
    let values = ctx.input(2)?;
    let one = |place: usize| match values.data() {
        Some(Data::Float(array)) => array
            .iter()
            .nth(place)
            .map(|&v| Data::float(ArrayD::from_elem(IxDyn(&[]), v))),
        Some(Data::Integer { values, .. }) => values
            .iter()
            .nth(place)
            .map(|&v| Data::integer(ArrayD::from_elem(IxDyn(&[]), v))),
        None => None,
    };
    match (one(0), one(1)) {
        (Some(off), Some(on)) => Ok((off, on)),
        _ => Err(Reason::NotConstant {
            index: 2,
            what: "the two values",
        }),
    }
}
