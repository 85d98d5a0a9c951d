//! `ReduceMean`: means along axes. The axes are an attribute before opset 18, an input from it on.
//!
//! The reduced axes are brought to the end and averaged as one row by a pool; the axes behind the second one need no moving.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axes, require_float};
use hallmark_model::limits::MAX_WINDOW_AXES;
use hallmark_model::ops::float::AveragePool;
use hallmark_model::{Op, Window};

pub(super) const RULE: Rule = Rule {
    name: "ReduceMean",
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
    let spatial = kept == [0, 1] && (1..=MAX_WINDOW_AXES).contains(&reduced.len());
    let (rows, kernel) = match spatial {
        true => (x.clone(), x.shape()[2..].to_vec()),
        false => {
            let perm = kept.iter().chain(&reduced).copied().collect();
            let turned = ctx.transpose(&x, perm)?;
            (
                ctx.reshape(&turned, vec![1, length(&kept), length(&reduced)])?,
                vec![length(&reduced)],
            )
        }
    };
    let pool = AveragePool {
        window: Window::of(&kernel),
        count_include_pad: false,
    };
    let means = ctx.emit(Op::AveragePool(pool), &[&rows])?;
    let keep = ctx.flag("keepdims", true)?;
    let shape = x
        .shape()
        .iter()
        .enumerate()
        .filter(|(axis, _)| keep || kept.contains(axis));
    let shape = shape
        .map(|(axis, &n)| if kept.contains(&axis) { n } else { 1 })
        .collect();
    if length(&reduced) == 0 {
        return Err(Reason::shape("the mean of no elements"));
    }
    Ok(ctx.reshape(&means, shape)?.into())
}
