//! `Pad`: a constant value around the tensor; negative amounts crop. Amounts and value are attributes before opset
//! 11, inputs from it on.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis};
use hallmark_model::ops::Number;
use hallmark_model::ops::float::{Pad, Slice};
use hallmark_model::{Op, SliceAxis};

pub(super) const RULE: Rule = Rule {
    name: "Pad",
    attributes: &["mode", "pads", "value"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let mode = ctx.string("mode")?.unwrap_or("constant");
    if mode != "constant" {
        return Err(Reason::attribute(
            "mode",
            format!("`{mode}` is not supported, only `constant`"),
        ));
    }
    let x = ctx.input(0)?;
    let amounts = ctx
        .attribute_or_input("pads", 1, 11)?
        .ok_or_else(|| Reason::attribute("pads", "is missing"))?;
    let value = match ctx.opset < 11 {
        true => ctx.float("value")?.map(Number::Real),
        false => ctx.scalar_of(x.element(), 2, "the padding value")?,
    };
    let all = || (0..).take(x.rank()).collect();
    let axes: Vec<i64> = ctx.integers(3, "the axes")?.unwrap_or_else(all);
    if amounts.len() != 2 * axes.len() {
        return Err(Reason::shape(format!(
            "{} padding amounts for {} axes",
            amounts.len(),
            axes.len()
        )));
    }
    let (before, after) = amounts.split_at(axes.len());
    let mut pads = vec![(0_usize, 0_usize); x.rank()];
    let mut kept: Vec<_> = x.shape().iter().map(|&len| SliceAxis::whole(len)).collect();
    for (index, &named) in axes.iter().enumerate() {
        let axis = axis(named, x.rank())?;
        let crop = |amount: i64| usize::try_from(amount.saturating_neg()).unwrap_or(0);
        let (start, end) = (crop(before[index]), crop(after[index]));
        let len = x.shape()[axis]
            .checked_sub(start)
            .and_then(|rest| rest.checked_sub(end));
        let len =
            len.ok_or_else(|| Reason::shape(format!("axis {axis} is cropped by more than its length")))?;
        kept[axis] = SliceAxis { start, step: 1, len };
        let add = |amount: i64| usize::try_from(amount).unwrap_or(0);
        pads[axis] = (add(before[index]), add(after[index]));
    }
    let cropped = ctx.emit(Op::Slice(Slice { axes: kept }), &[&x])?;
    Ok(ctx
        .emit(
            Op::Pad(Pad {
                pads,
                value: value.unwrap_or(Number::Integer(0)),
            }),
            &[&cropped],
        )?
        .into())
}
