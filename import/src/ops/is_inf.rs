//! `IsInf`: never, of computed values. A model that makes one is refused.

use super::rule::Rule;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "IsInf",
    attributes: &["detect_negative", "detect_positive"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (negative, positive) = (
        ctx.flag("detect_negative", true)?,
        ctx.flag("detect_positive", true)?,
    );
    super::is_nan::test(ctx, |value| {
        value.is_infinite() && ((value < 0.0 && negative) || (value > 0.0 && positive))
    })
}
