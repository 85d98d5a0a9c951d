//! `ConstantOfShape`: one value, repeated.

use super::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered};
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
    let repeated = value.moved(|v| Ok(repeat(v, &shape)), |v| Ok(repeat(v, &shape)))?;
    Ok(repeated.into())
}

fn repeat<T: Copy + Default>(value: &ArrayD<T>, shape: &[usize]) -> ArrayD<T> {
    ArrayD::from_elem(IxDyn(shape), value.first().copied().unwrap_or_default())
}
