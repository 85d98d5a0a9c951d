//! `Mean`: the mean of any number of tensors, element by element, with broadcasting.

use super::rule::Rule;
use super::sum::total;
use crate::context::{Context, Lowered};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Mean",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let inputs = ctx.all_inputs()?;
    let sum = total(ctx, &inputs)?;
    match inputs.len() {
        1 => Ok(sum.into()),
        count => Ok(ctx.emit(Op::Div, &[&sum, &Context::number(count as f32)])?.into()),
    }
}
