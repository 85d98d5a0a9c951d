//! `AveragePool`: means of windows, in one to three dimensions.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use crate::window::geometry;
use hallmark_model::Op;
use hallmark_model::ops::float::AveragePool;

pub(super) const RULE: Rule = Rule {
    name: "AveragePool",
    attributes: &[
        "auto_pad",
        "ceil_mode",
        "count_include_pad",
        "dilations",
        "kernel_shape",
        "pads",
        "strides",
    ],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let kernel = ctx
        .sizes("kernel_shape")?
        .ok_or_else(|| Reason::attribute("kernel_shape", "is missing"))?;
    let geometry = geometry(ctx, &kernel, x.shape())?;
    let count_include_pad = ctx.flag("count_include_pad", false)?;
    if geometry.widened && count_include_pad {
        return Err(Reason::form(
            "windows that reach beyond the padding (ceil_mode) together with count_include_pad are not supported",
        ));
    }
    let pool = AveragePool {
        window: geometry.window,
        count_include_pad,
    };
    Ok(ctx.emit(Op::AveragePool(pool), &[&x])?.into())
}
