//! `Concat`: tensors joined along an axis.

use super::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Concat",
    attributes: &["axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let inputs = ctx.all_inputs()?;
    let value = ctx
        .int("axis")?
        .ok_or_else(|| Reason::attribute("axis", "is missing"))?;
    let axis = axis(value, inputs.first().map_or(0, |input| input.rank()))?;
    let inputs: Vec<_> = inputs.iter().collect();
    Ok(ctx.emit(Op::Concat { axis }, &inputs)?.into())
}
