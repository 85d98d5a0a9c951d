//! `Mean`: the mean of any number of tensors, element by element, with broadcasting.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Mean",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let inputs = ctx.all_inputs()?;
    let (first, rest) = inputs.split_first().ok_or(Reason::MissingInput { index: 0 })?;
    let sum = rest
        .iter()
        .try_fold(first.clone(), |sum, input| ctx.emit(Op::Add, &[&sum, input]))?;
    match inputs.len() {
        1 => Ok(sum.into()),
        count => Ok(ctx.emit(Op::Div, &[&sum, &Context::number(count as f32)])?.into()),
    }
}
