//! `Size`: the number of elements.

use super::rule::Rule;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "Size",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let elements = ctx.input(0)?.shape().iter().product::<usize>();
    Ok(Data::integer(ArrayD::from_elem(IxDyn(&[]), elements as i64)).into())
}
