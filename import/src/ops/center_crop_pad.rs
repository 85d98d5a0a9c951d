//! `CenterCropPad`: the middle of a tensor, or zeros around it.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis};
use hallmark_model::Op;
use hallmark_model::ops::Number;
use hallmark_model::ops::float::Pad;

pub(super) const RULE: Rule = Rule {
    name: "CenterCropPad",
    attributes: &["axes"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let mut x = ctx.input(0)?;
    let lengths = super::reshape::lengths(&ctx.required_integers(1, "the shape")?)?;
    let all = || (0..).take(x.rank()).collect();
    let named = ctx.ints("axes")?.unwrap_or_else(all);
    if lengths.len() != named.len() {
        return Err(Reason::shape(format!(
            "{} lengths for {} axes",
            lengths.len(),
            named.len()
        )));
    }
    for (&name, &length) in named.iter().zip(&lengths) {
        let axis = axis(name, x.rank())?;
        let own = x.shape()[axis];
        if length <= own {
            // What is left over is cut off the end.
            let start = (own - length) / 2;
            x = ctx.along(&x, axis, (start..start + length).collect())?;
            continue;
        }
        let (before, missing) = ((length - own) / 2, length - own);
        let pads = (0..x.rank()).map(|other| match other == axis {
            true => (before, missing - before),
            false => (0, 0),
        });
        let pads = pads.collect();
        let value = Number::Integer(0);
        x = ctx.emit(Op::Pad(Pad { pads, value }), &[&x])?;
    }
    Ok(x.into())
}
