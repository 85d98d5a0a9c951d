//! `GlobalAveragePool`: the mean over all spatial axes.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use hallmark_model::limits::MAX_WINDOW_AXES;
use hallmark_model::ops::float::AveragePool;
use hallmark_model::{Op, Window};

pub(super) const RULE: Rule = Rule {
    name: "GlobalAveragePool",
    attributes: &[],
    lower: |ctx| {
        pool(ctx, |window| {
            Op::AveragePool(AveragePool {
                window,
                count_include_pad: false,
            })
        })
    },
};

/// A pool whose window is the whole of all spatial axes.
pub(super) fn pool(ctx: &mut Context<'_>, op: impl FnOnce(Window) -> Op) -> Lowered {
    let x = ctx.input(0)?;
    let &[n, c, ref spatial @ ..] = x.shape() else {
        return Err(expected(&x));
    };
    // More axes than a window has are one row.
    let kernel = match spatial.len() {
        0 => return Err(expected(&x)),
        1..=MAX_WINDOW_AXES => spatial.to_vec(),
        _ => vec![spatial.iter().product()],
    };
    let plane = ctx.reshape(&x, [&[n, c], &kernel[..]].concat())?;
    let pooled = ctx.emit(op(Window::of(&kernel)), &[&plane])?;
    let mut shape = vec![n, c];
    shape.resize(x.rank(), 1);
    Ok(ctx.reshape(&pooled, shape)?.into())
}

fn expected(x: &Operand) -> Reason {
    Reason::shape(format!(
        "expected an input (N, C, …), found shape {:?}",
        x.shape()
    ))
}
