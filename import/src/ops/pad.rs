//! `Pad`: a constant value, or elements of the tensor, around it; negative amounts crop. Amounts and value are attributes before
//! opset 11, inputs from it on.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
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
    let x = ctx.input(0)?;
    let mode = ctx.string("mode")?.unwrap_or("constant").to_owned();
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
    if mode != "constant" {
        return Ok(from_inside(ctx, x, &mode, (&axes, before, after))?.into());
    }
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

/// Pads with elements of the tensor, one axis after the other.
fn from_inside(
    ctx: &mut Context<'_>,
    mut x: Operand,
    mode: &str,
    (axes, before, after): (&[i64], &[i64], &[i64]),
) -> Result<Operand, Reason> {
    let from = source(mode).ok_or_else(|| {
        Reason::attribute(
            "mode",
            format!("`{mode}` is none of constant, reflect, edge, wrap"),
        )
    })?;
    for (index, &named) in axes.iter().enumerate() {
        let axis = axis(named, x.rank())?;
        let length = x.shape()[axis] as i64;
        let (first, end) = (
            before[index].saturating_neg(),
            after[index].saturating_add(length),
        );
        let count = usize::try_from(i128::from(end) - i128::from(first)).ok();
        let count = count.filter(|_| length > 0 || end <= first).ok_or_else(|| {
            Reason::shape(format!(
                "axis {axis} of length {length} cannot be padded by {} and {}",
                before[index], after[index]
            ))
        })?;
        ctx.builder.reserve(Some(count))?;
        x = ctx.along(
            &x,
            axis,
            (first..end).map(|place| from(place, length) as usize).collect(),
        )?;
    }
    Ok(x)
}

/// Which element of an axis of the given length stands at a place that may lie outside of it.
fn source(mode: &str) -> Option<fn(i64, i64) -> i64> {
    Some(match mode {
        "edge" => |place, length| place.clamp(0, length - 1),
        "wrap" => |place, length| place.rem_euclid(length),
        // There and back again, without the ends twice.
        "reflect" => |place, length| match length {
            1 => 0,
            _ => {
                let place = place.rem_euclid(2 * (length - 1));
                place.min(2 * (length - 1) - place)
            }
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_around_an_axis() {
        let around = |mode: &str, length: i64| -> Vec<i64> {
            (-3..length + 3)
                .map(|place| source(mode).unwrap()(place, length))
                .collect()
        };
        assert_eq!(around("edge", 3), [0, 0, 0, 0, 1, 2, 2, 2, 2]);
        assert_eq!(around("wrap", 3), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
        assert_eq!(around("reflect", 3), [1, 2, 1, 0, 1, 2, 1, 0, 1]);
        assert_eq!(around("reflect", 1), [0; 7]);
        assert!(source("mirror").is_none());
    }
}
