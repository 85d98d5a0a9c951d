//! `Trilu`: the upper or lower triangle of matrices, zero elsewhere.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::moves::{coordinates, elements};

pub(super) const RULE: Rule = Rule {
    name: "Trilu",
    attributes: &["upper"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let diagonal = match ctx.integers(1, "the diagonal")?.as_deref() {
        None => 0,
        Some(&[k]) => i128::from(k),
        Some(_) => return Err(Reason::shape("the diagonal must be a scalar")),
    };
    let upper = ctx.flag("upper", true)?;
    let rank = x.rank();
    if rank < 2 {
        return Err(Reason::shape(format!(
            "expected matrices, found shape {:?}",
            x.shape()
        )));
    }
    let shape = x.shape().to_vec();
    ctx.builder.reserve(elements(&shape))?;
    let places: Vec<Option<usize>> = coordinates(&shape)
        .enumerate()
        .map(|(place, at)| {
            let distance = at[rank - 1] as i128 - at[rank - 2] as i128;
            let inside = if upper {
                distance >= diagonal
            } else {
                distance <= diagonal
            };
            inside.then_some(place)
        })
        .collect();
    Ok(ctx.placed(&x, &places, shape)?.into())
}
