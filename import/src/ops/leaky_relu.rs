//! `LeakyRelu`: a smaller slope for negative elements.

use super::Rule;
use crate::context::{Context, Lowered};
use hallmark_model::Activation;

pub(super) const RULE: Rule = Rule {
    name: "LeakyRelu",
    attributes: &["alpha"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let alpha = ctx.float("alpha")?.unwrap_or(0.01);
    super::activation(ctx, Activation::LeakyRelu { alpha })
}
