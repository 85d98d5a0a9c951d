//! `Equal`: comparison of integer constants, as computations on shapes use it.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use crate::fold;
use std::rc::Rc;

pub(super) const RULE: Rule = Rule {
    name: "Equal",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (a, b) = (ctx.input(0)?, ctx.input(1)?);
    match (a.data(), b.data()) {
        (Some(Data::Integer { values: a, .. }), Some(Data::Integer { values: b, .. })) => {
            let shape = fold::broadcast(&[a.shape(), b.shape()])?;
            ctx.builder.reserve(
                shape
                    .iter()
                    .try_fold(1_usize, |product, &axis| product.checked_mul(axis)),
            )?;
            let values = fold::combine(a, b, |x, y| Some(i64::from(x == y)))?;
            Ok(Data::Integer {
                values: Rc::new(values),
                boolean: true,
            }
            .into())
        }
        _ => Err(Reason::form(
            "only comparisons of integer constants are supported",
        )),
    }
}
