//! `ConstantOfShape`: one value, repeated.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use hallmark_model::movement::Movement;
use hallmark_model::ops::Number;
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "ConstantOfShape",
    attributes: &["value"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let shape = super::reshape::target(&ctx.required_integers(0, "the shape")?)?;
    ctx.builder.reserve(
        shape
            .iter()
            .try_fold(1_usize, |product, &axis| product.checked_mul(axis)),
    )?;
    let value = ctx
        .tensor("value")?
        .unwrap_or_else(|| Data::float(ArrayD::zeros(IxDyn(&[1]))));
    if value.shape().iter().product::<usize>() != 1 {
        return Err(Reason::attribute(
            "value",
            format!("has shape {:?}, expected one element", value.shape()),
        ));
    }
    // The one element is the first, whatever its axes.
    let movement = Movement::broadcast(&[], &shape).map_err(Reason::shape)?;
    Ok(Data::moved(&[&value], &movement, Number::Integer(0))?.into())
}
