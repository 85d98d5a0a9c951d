//! `Compress`: the elements of an axis for which a constant condition holds.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered, axis};

pub(super) const RULE: Rule = Rule {
    name: "Compress",
    attributes: &["axis"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let condition = ctx.input(1)?;
    let chosen: Vec<usize> = match condition.data() {
        Some(Data::Integer {
            values,
            boolean: true,
        }) => (0..)
            .zip(values.iter())
            .filter(|(_, v)| **v != 0)
            .map(|(i, _)| i)
            .collect(),
        Some(_) => {
            return Err(Reason::ElementType {
                expected: "booleans",
                found: format!("a condition of {}", condition.element().name()),
            });
        }
        None => {
            return Err(Reason::NotConstant {
                index: 1,
                what: "the condition, which decides about the size of the result",
            });
        }
    };
    let (x, along) = match ctx.int("axis")? {
        Some(named) => {
            let along = axis(named, x.rank())?;
            (x, along)
        }
        None => {
            let elements = x.shape().iter().product();
            (ctx.reshape(&x, vec![elements])?, 0)
        }
    };
    Ok(ctx.along(&x, along, chosen)?.into())
}
