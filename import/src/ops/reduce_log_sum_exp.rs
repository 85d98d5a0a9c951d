//! `ReduceLogSumExp`: the logarithm of the sum of exponentials along axes. The axes are an attribute before opset 18, an input from it on.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axes, require_float};
use hallmark_model::Op;
use hallmark_model::ops::SoftmaxResult;
use hallmark_model::ops::float::Softmax;

pub(super) const RULE: Rule = Rule {
    name: "ReduceLogSumExp",
    attributes: &["axes", "keepdims", "noop_with_empty_axes"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    require_float(&x)?;
    let named = ctx.attribute_or_input("axes", 1, 18)?.unwrap_or_default();
    let mut reduced = axes(&named, x.rank())?;
    if reduced.is_empty() {
        if ctx.flag("noop_with_empty_axes", false)? {
            return Ok(x.into());
        }
        reduced = (0..x.rank()).collect();
    }
    let kept: Vec<usize> = (0..x.rank()).filter(|axis| !reduced.contains(axis)).collect();
    let length = |axes: &[usize]| axes.iter().map(|&axis| x.shape()[axis]).product::<usize>();
    if length(&reduced) == 0 {
        return Err(Reason::shape("the logarithm of a sum of no elements"));
    }
    let turned = ctx.transpose(&x, kept.iter().chain(&reduced).copied().collect())?;
    let rows = ctx.reshape(&turned, vec![1, length(&kept), length(&reduced)])?;
    let sums = ctx.emit(
        Op::Softmax(Softmax {
            axis: 2,
            result: SoftmaxResult::LogSum,
            mask: None,
        }),
        &[&rows],
    )?;
    let keep = ctx.flag("keepdims", true)?;
    let shape = (0..x.rank()).filter(|axis| keep || kept.contains(axis));
    let shape = shape.map(|axis| if kept.contains(&axis) { x.shape()[axis] } else { 1 });
    let shape = shape.collect();
    Ok(ctx.reshape(&sums, shape)?.into())
}
