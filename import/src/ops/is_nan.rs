//! `IsNaN`: never, of computed values. A model that makes one is refused.

use super::rule::Rule;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use hallmark_model::FloatTensor;
use std::rc::Rc;

pub(super) const RULE: Rule = Rule {
    name: "IsNaN",
    attributes: &[],
    lower: |ctx| test(ctx, |value| value.is_nan()),
};

/// Asks each element of a constant; computed values are finite, for which the answer is no.
pub(super) fn test(ctx: &mut Context<'_>, question: impl Fn(f32) -> bool) -> Lowered {
    let x = ctx.input(0)?;
    let values = match x.data() {
        Some(data) => data.to_float()?,
        None => {
            ctx.builder.reserve(
                x.shape()
                    .iter()
                    .try_fold(1_usize, |product, &axis| product.checked_mul(axis)),
            )?;
            Rc::new(FloatTensor::zeros(x.shape()))
        }
    };
    let answers = values.mapv(|value| i64::from(question(value)));
    Ok(Data::Integer {
        values: Rc::new(answers),
        boolean: true,
    }
    .into())
}
