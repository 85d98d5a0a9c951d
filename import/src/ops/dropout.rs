//! `Dropout`: at inference the input as it is. The mask output is not produced.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "Dropout",
    attributes: &["ratio", "seed"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    if ctx
        .scalar(2, "training mode")?
        .is_some_and(|training| training.real() != 0.0)
    {
        return Err(Reason::form(
            "it is in training mode; export the model for inference",
        ));
    }
    Ok(ctx.input(0)?.into())
}
