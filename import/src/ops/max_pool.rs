//! `MaxPool`: maxima of windows, in one to three dimensions. The index output is not produced.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::window::geometry;
use hallmark_model::Op;
use hallmark_model::ops::float::MaxPool;

pub(super) const RULE: Rule = Rule {
    name: "MaxPool",
    attributes: &[
        "auto_pad",
        "ceil_mode",
        "dilations",
        "kernel_shape",
        "pads",
        "storage_order",
        "strides",
    ],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let kernel = ctx
        .sizes("kernel_shape")?
        .ok_or_else(|| Reason::attribute("kernel_shape", "is missing"))?;
    // Padding never wins, so a wider end padding is all that `ceil_mode` means.
    let window = geometry(ctx, &kernel, x.shape())?.window;
    Ok(ctx.emit(Op::MaxPool(MaxPool { window }), &[&x])?.into())
}
