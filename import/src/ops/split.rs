//! `Split`: consecutive parts of an axis. Their lengths are an attribute before opset 13, an input from it on.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, Outputs, axis};
use hallmark_model::ops::float::{Slice, Split};
use hallmark_model::{Op, SliceAxis};

pub(super) const RULE: Rule = Rule {
    name: "Split",
    attributes: &["axis", "num_outputs", "split"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let axis = axis(ctx.int("axis")?.unwrap_or(0), x.rank())?;
    let length = x.shape()[axis];
    let lengths = match ctx.attribute_or_input("split", 1, 13)? {
        Some(lengths) => super::reshape::lengths(&lengths)?,
        None => even(length, ctx.node.output.len())?,
    };
    let total = lengths
        .iter()
        .try_fold(0_usize, |sum, &part| sum.checked_add(part));
    if total != Some(length) || lengths.len() != ctx.node.output.len() {
        return Err(Reason::shape(format!(
            "parts {lengths:?} for {} outputs do not make up an axis of length {length}",
            ctx.node.output.len()
        )));
    }
    if lengths.len() > 1 && x.data().is_none() && !lengths.contains(&0) {
        return Ok(Outputs(ctx.emit_all(Op::Split(Split { axis, lengths }), &[&x])?));
    }
    // Of constants, whose parts may be empty, and of all that there is.
    let mut start = 0;
    let mut parts = Vec::with_capacity(lengths.len());
    for part in lengths {
        let mut axes: Vec<_> = x.shape().iter().map(|&len| SliceAxis::whole(len)).collect();
        axes[axis] = SliceAxis {
            start,
            step: 1,
            len: part,
        };
        parts.push(ctx.emit(Op::Slice(Slice { axes }), &[&x])?);
        start += part;
    }
    Ok(Outputs(parts))
}

/// Equal parts, the last one shorter where that does not divide.
fn even(length: usize, parts: usize) -> Result<Vec<usize>, Reason> {
    if parts == 0 || parts > length {
        return Err(Reason::shape(format!(
            "an axis of length {length} cannot be split into {parts} parts"
        )));
    }
    let part = length.div_ceil(parts);
    Ok((0..parts)
        .map(|index| length.saturating_sub(index * part).min(part))
        .collect())
}
