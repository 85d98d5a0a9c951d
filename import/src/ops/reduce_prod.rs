//! `ReduceProd`: products along axes, as a tree; of integer constants, as computations on shapes use it, exactly.

use super::reduction::{self, Reduction};
use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered, axes};
use hallmark_model::ops::float::Slice;
use hallmark_model::{IntTensor, Op, SliceAxis};
use ndarray::{ArrayD, Axis, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "ReduceProd",
    attributes: reduction::ATTRIBUTES,
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    if let Some(Data::Integer { values, .. }) = x.data() {
        return of_integers(ctx, &x, values);
    }
    let Some(reduction) = Reduction::of(ctx, &x, 18)? else {
        return Ok(x.into());
    };
    let mut rows = reduction.rows(ctx, &x)?;
    // What is left over has a size of its own: among products it would be rounded as they are.
    let mut rest: Option<Operand> = None;
    while let Some(&length) = rows.shape().get(2).filter(|&&length| length > 1) {
        let half = length / 2;
        if length % 2 == 1 {
            let last = part(ctx, &rows, length - 1, 1)?;
            rest = Some(match rest {
                Some(rest) => ctx.emit(Op::Mul, &[&rest, &last])?,
                None => last,
            });
        }
        let (first, second) = (part(ctx, &rows, 0, half)?, part(ctx, &rows, half, half)?);
        rows = ctx.emit(Op::Mul, &[&first, &second])?;
    }
    if let Some(rest) = rest {
        rows = ctx.emit(Op::Mul, &[&rows, &rest])?;
    }
    Ok(reduction.finish(ctx, &rows)?.into())
}

/// Consecutive elements of all rows.
fn part(ctx: &mut Context<'_>, rows: &Operand, start: usize, len: usize) -> Result<Operand, Reason> {
    let mut axes: Vec<SliceAxis> = rows.shape().iter().map(|&n| SliceAxis::whole(n)).collect();
    if let Some(axis) = axes.last_mut() {
        *axis = SliceAxis { start, step: 1, len };
    }
    ctx.emit(Op::Slice(Slice { axes }), &[rows])
}

fn of_integers(ctx: &Context<'_>, x: &Operand, values: &IntTensor) -> Lowered {
    let named = ctx.attribute_or_input("axes", 1, 18)?.unwrap_or_default();
    let axes = axes(&named, x.rank())?;
    let axes = match (axes.is_empty(), ctx.flag("noop_with_empty_axes", false)?) {
        (true, true) => return Ok(x.clone().into()),
        (true, false) => (0..x.rank()).collect(),
        (false, _) => axes,
    };
    let keep = ctx.flag("keepdims", true)?;
    let mut result = values.clone();
    for &axis in axes.iter().rev() {
        let lanes = result.lanes(Axis(axis)).into_iter();
        let products: Option<Vec<i64>> = lanes
            .map(|lane| lane.iter().try_fold(1_i64, |product, &v| product.checked_mul(v)))
            .collect();
        let products = products.ok_or_else(|| Reason::form("integer overflow in a constant"))?;
        let mut shape = result.shape().to_vec();
        match keep {
            true => shape[axis] = 1,
            false => drop(shape.remove(axis)),
        }
        result =
            ArrayD::from_shape_vec(IxDyn(&shape), products).map_err(|_| Reason::shape("constant shape"))?;
    }
    Ok(Data::integer(result).into())
}
