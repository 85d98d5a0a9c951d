//! Operators that are a scalar function of their input: the rule is what the function's file in the model crate says.

use crate::Reason;
use crate::context::{Context, Lowered};
use hallmark_model::ops::functions::{Activation, Attribute, Function, Onnx};

/// The parameter that an attribute gives.
fn parameter(ctx: &Context<'_>, attribute: &Attribute) -> Result<f32, Reason> {
    match *attribute {
        Attribute::Number { name, default } => Ok(ctx.float(name)?.unwrap_or(default)),
        Attribute::Choice { name, words } => {
            let Some(chosen) = ctx.string(name)? else {
                return Ok(0.0);
            };
            let place = words.iter().position(|&word| word == chosen);
            place.map(|place| place as f32).ok_or_else(|| {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                Reason::attribute(name, format!("`{chosen}` is neither {}", words.join(" nor ")))
            })
        }
    }
}

/// Lowers a node to a function.
pub(super) fn lower(ctx: &mut Context<'_>, function: &'static Function, onnx: &Onnx) -> Lowered {
    let parameters = onnx
        .attributes
        .iter()
        .map(|attribute| parameter(ctx, attribute))
        .collect::<Result<Vec<_>, _>>()?;
    super::rule::activation(ctx, Activation::new(function, &parameters))
}
