//! `Squeeze`: axes of length 1 dropped. They are an attribute before opset 13, an input from it on.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axes};

pub(super) const RULE: Rule = Rule {
    name: "Squeeze",
    attributes: &["axes"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let dropped = match ctx.attribute_or_input("axes", 1, 13)? {
        Some(named) => axes(&named, x.rank())?,
        None => (0..x.rank()).filter(|&axis| x.shape()[axis] == 1).collect(),
    };
    if let Some(&axis) = dropped.iter().find(|&&axis| x.shape()[axis] != 1) {
        return Err(Reason::shape(format!(
            "axis {axis} of {:?} is not of length 1",
            x.shape()
        )));
    }
    let kept = x
        .shape()
        .iter()
        .enumerate()
        .filter(|(axis, _)| !dropped.contains(axis));
    let shape = kept.map(|(_, &length)| length).collect();
    Ok(ctx.reshape(&x, shape)?.into())
}
