//! `Sum`: the sum of any number of tensors, with broadcasting.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Sum",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let inputs = ctx.all_inputs()?;
    Ok(total(ctx, &inputs)?.into())
}

/// The sum of tensors, from the first one to the last.
pub(super) fn total(ctx: &mut Context<'_>, inputs: &[Operand]) -> Result<Operand, Reason> {
    let (first, rest) = inputs.split_first().ok_or(Reason::MissingInput { index: 0 })?;
    rest.iter()
        .try_fold(first.clone(), |sum, input| ctx.emit(Op::Add, &[&sum, input]))
}
