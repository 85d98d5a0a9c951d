//! `Gelu`: `x · Φ(x)`, exact or by the hyperbolic tangent.

use super::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};
use hallmark_model::Activation;

pub(super) const RULE: Rule = Rule {
    name: "Gelu",
    attributes: &["approximate"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let tanh = match ctx.string("approximate")?.unwrap_or("none") {
        "none" => false,
        "tanh" => true,
        other => {
            return Err(Reason::attribute(
                "approximate",
                format!("`{other}` is neither `none` nor `tanh`"),
            ));
        }
    };
    super::activation(ctx, Activation::Gelu { tanh })
}
