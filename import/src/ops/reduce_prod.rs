//! `ReduceProd`: the product of integer constants, as computations on shapes use it.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered, axes};
use ndarray::{ArrayD, Axis, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "ReduceProd",
    attributes: &["axes", "keepdims", "noop_with_empty_axes"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let Some(Data::Integer { values, .. }) = x.data() else {
        return Err(Reason::form("only products of integer constants are supported"));
    };
    let named = ctx.attribute_or_input("axes", 1, 18)?.unwrap_or_default();
    let axes = axes(&named, x.rank())?;
    let axes = match (axes.is_empty(), ctx.flag("noop_with_empty_axes", false)?) {
        (true, true) => return Ok(x.clone().into()),
        (true, false) => (0..x.rank()).collect(),
        (false, _) => axes,
    };
    let keep = ctx.flag("keepdims", true)?;
    let mut result = values.as_ref().clone();
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
