//! `Conv`: convolution with a constant kernel, in one to three dimensions.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use crate::window::geometry;
use hallmark_model::Op;
use hallmark_model::ops::float::FloatConv;

pub(super) const RULE: Rule = Rule {
    name: "Conv",
    attributes: &[
        "auto_pad",
        "dilations",
        "group",
        "kernel_shape",
        "pads",
        "strides",
    ],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let weight = ctx.input(1)?;
    if weight.data().is_none() {
        return Err(Reason::NotConstant {
            index: 1,
            what: "the kernel",
        });
    }
    let kernel = weight.shape().get(2..).unwrap_or_default().to_vec();
    if let Some(declared) = ctx.sizes("kernel_shape")?
        && declared != kernel
    {
        return Err(Reason::attribute(
            "kernel_shape",
            format!("is {declared:?}, the kernel has {kernel:?}"),
        ));
    }
    let window = geometry(ctx, &kernel, x.shape())?.window;
    let groups = ctx.int("group")?.unwrap_or(1);
    let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
    let groups = groups.ok_or_else(|| Reason::attribute("group", "must be positive"))?;
    let bias = ctx.floats(2, "the bias")?.map(|bias| Data::Float(bias).into());
    let inputs: Vec<_> = [&x, &weight].into_iter().chain(&bias).collect();
    Ok(ctx.emit(Op::Conv(FloatConv { window, groups }), &inputs)?.into())
}
