//! `Expand`: broadcasting to a shape.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::fold::broadcast;
use hallmark_model::Op;
use hallmark_model::movement::Movement;
use hallmark_model::ops::Number;
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "Expand",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let target = super::reshape::target(&ctx.required_integers(1, "the shape")?)?;
    let x = ctx.input(0)?;
    // The shape may have ones where the input does not.
    let shape = broadcast(&[x.shape(), &target])?;
    Ok(broadcast_to(ctx, x, &shape)?.into())
}

/// Broadcasts to exactly this shape. At run time that is the sum with zeros.
pub(super) fn broadcast_to(ctx: &mut Context<'_>, x: Operand, shape: &[usize]) -> Result<Operand, Reason> {
    if x.shape() == shape {
        return Ok(x);
    }
    ctx.builder.reserve(
        shape
            .iter()
            .try_fold(1_usize, |product, &axis| product.checked_mul(axis)),
    )?;
    match x.data() {
        Some(data) => {
            let movement = Movement::broadcast(x.shape(), shape).map_err(Reason::shape)?;
            Ok(Data::moved(&[data], &movement, Number::Integer(0))?.into())
        }
        None => {
            let zeros = Data::float(ArrayD::zeros(IxDyn(shape))).into();
            ctx.emit(Op::Add, &[&x, &zeros])
        }
    }
}
