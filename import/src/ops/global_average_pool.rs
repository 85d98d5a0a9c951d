//! `GlobalAveragePool`: the mean over all spatial axes.

use super::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
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

/// A pool whose window is the whole plane.
pub(super) fn pool(ctx: &mut Context<'_>, op: impl FnOnce(Window) -> Op) -> Lowered {
    let x = ctx.input(0)?;
    let [n, c, height, width] = plane(&x)?;
    let window = Window {
        kernel: [height, width],
        strides: [1, 1],
        pads: [0; 4],
        dilations: [1, 1],
    };
    let planes = ctx.reshape(&x, vec![n, c, height, width])?;
    let pooled = ctx.emit(op(window), &[&planes])?;
    let mut shape = vec![n, c];
    shape.resize(x.rank(), 1);
    Ok(ctx.reshape(&pooled, shape)?.into())
}

/// `(N, C, …)` with all spatial axes as height and width.
fn plane(x: &Operand) -> Result<[usize; 4], Reason> {
    match *x.shape() {
        [n, c, height, width] => Ok([n, c, height, width]),
        [n, c, ref rest @ ..] if !rest.is_empty() => Ok([n, c, 1, rest.iter().product()]),
        _ => Err(Reason::shape(format!(
            "expected an input (N, C, …), found shape {:?}",
            x.shape()
        ))),
    }
}
