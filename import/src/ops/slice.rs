//! `Slice`: chosen elements of axes. Bounds are attributes before opset 10, inputs from it on.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis};
use hallmark_model::ops::float::Slice;
use hallmark_model::{Op, SliceAxis};

pub(super) const RULE: Rule = Rule {
    name: "Slice",
    attributes: &["axes", "ends", "starts"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let starts = ctx
        .attribute_or_input("starts", 1, 10)?
        .ok_or(Reason::MissingInput { index: 1 })?;
    let ends = ctx
        .attribute_or_input("ends", 2, 10)?
        .ok_or(Reason::MissingInput { index: 2 })?;
    let count = starts.len();
    let axes = ctx
        .attribute_or_input("axes", 3, 10)?
        .unwrap_or_else(|| (0..).take(count).collect());
    let steps = ctx.integers(4, "the steps")?.unwrap_or_else(|| vec![1; count]);
    if ends.len() != count || axes.len() != count || steps.len() != count {
        return Err(Reason::shape(format!(
            "starts, ends, axes and steps differ in number: {starts:?}, {ends:?}, {axes:?}, {steps:?}"
        )));
    }
    let mut slices: Vec<_> = x.shape().iter().map(|&len| SliceAxis::whole(len)).collect();
    let mut seen = vec![false; slices.len()];
    for index in 0..count {
        let axis = axis(axes[index], x.rank())?;
        if std::mem::replace(&mut seen[axis], true) {
            return Err(Reason::shape(format!("axes {axes:?} name an axis twice")));
        }
        slices[axis] = bounds(starts[index], ends[index], steps[index], x.shape()[axis])?;
    }
    Ok(ctx.emit(Op::Slice(Slice { axes: slices }), &[&x])?.into())
}

/// The elements from `start` to before `end`, with NumPy's rules for negative and too large bounds.
fn bounds(start: i64, end: i64, step: i64, length: usize) -> Result<SliceAxis, Reason> {
    let signed = isize::try_from(step).ok().filter(|&s| s != 0 && s != isize::MIN);
    let signed = signed.ok_or_else(|| Reason::form(format!("a step of {step}")))?;
    let n = length as i128;
    let from_end = |value: i64| {
        if value < 0 {
            i128::from(value) + n
        } else {
            i128::from(value)
        }
    };
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let first = from_end(start).clamp(low.max(0).min(high.max(0)), high.max(0));
    let (end, step) = (from_end(end).clamp(low, high), i128::from(step));
    let count = ((end - first + step - step.signum()) / step).clamp(0, n);
    match count {
        0 => Ok(SliceAxis::whole(0)),
        // Both lie within the axis.
        _ => Ok(SliceAxis {
            start: first as usize,
            step: signed,
            len: count as usize,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(start: i64, end: i64, step: i64, length: usize) -> Vec<isize> {
        let axis = bounds(start, end, step, length).unwrap();
        (0..axis.len as isize)
            .map(|i| axis.start as isize + i * axis.step)
            .collect()
    }

    #[test]
    fn bounds_follow_numpy() {
        assert_eq!(picked(0, i64::MAX, 1, 3), [0, 1, 2]);
        assert_eq!(picked(-2, i64::MAX, 1, 3), [1, 2]);
        assert_eq!(picked(i64::MIN, -1, 1, 3), [0, 1]);
        assert_eq!(picked(-1, i64::MIN, -1, 3), [2, 1, 0]);
        assert_eq!(picked(10, 0, -2, 5), [4, 2]);
        assert_eq!(picked(1, 4, 2, 5), [1, 3]);
        assert_eq!(picked(0, 5, 7, 5), [0]);
        for empty in [
            picked(3, 3, 1, 5),
            picked(4, 2, 1, 5),
            picked(0, 5, -1, 5),
            picked(0, 5, 1, 0),
            picked(-1, -9, -1, 0),
        ] {
            assert!(empty.is_empty());
        }
        assert!(bounds(0, 1, 0, 3).is_err() && bounds(0, 1, i64::MIN, 3).is_err());
    }
}
