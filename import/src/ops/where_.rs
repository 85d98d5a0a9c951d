//! `Where`: a choice between two integer constants, as computations on shapes use it.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use crate::fold;

pub(super) const RULE: Rule = Rule {
    name: "Where",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let inputs = ctx.all_inputs()?;
    let integers: Vec<_> = inputs
        .iter()
        .filter_map(|input| match input.data() {
            Some(Data::Integer { values, .. }) => Some(values),
            _ => None,
        })
        .collect();
    let (&[condition, yes, no], 3) = (&integers[..], inputs.len()) else {
        return Err(Reason::form(
            "only a choice between integer constants is supported",
        ));
    };
    let shape = fold::broadcast(&[condition.shape(), yes.shape(), no.shape()])?;
    ctx.builder.reserve(
        shape
            .iter()
            .try_fold(4_usize, |product, &axis| product.checked_mul(axis)),
    )?;
    // One of the two products is the chosen element, the other is zero.
    let chosen = fold::combine(condition, yes, |c, x| Some(if c != 0 { x } else { 0 }))?;
    let other = fold::combine(condition, no, |c, x| Some(if c != 0 { 0 } else { x }))?;
    Ok(Data::integer(fold::combine(&chosen, &other, i64::checked_add)?).into())
}
