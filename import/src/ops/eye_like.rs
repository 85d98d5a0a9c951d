//! `EyeLike`: ones on a diagonal, in the shape of the input: a constant.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Data;
use crate::context::{Context, Lowered};
use crate::moves::elements;
use crate::onnx::element::Element;
use ndarray::{ArrayD, IxDyn};
use std::rc::Rc;

pub(super) const RULE: Rule = Rule {
    name: "EyeLike",
    attributes: &["dtype", "k"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let element = match ctx.int("dtype")? {
        None => Some(x.element()),
        Some(code) => Element::of(i32::try_from(code).unwrap_or(0)),
    };
    let element = element.ok_or_else(|| Reason::attribute("dtype", "is not a supported number type"))?;
    let diagonal = i128::from(ctx.int("k")?.unwrap_or(0));
    if x.rank() != 2 {
        return Err(Reason::shape(format!(
            "expected a matrix, found shape {:?}",
            x.shape()
        )));
    }
    ctx.builder.reserve(elements(x.shape()))?;
    let values = ArrayD::from_shape_fn(IxDyn(x.shape()), |at| {
        i64::from(at[1] as i128 - at[0] as i128 == diagonal)
    });
    Ok(match element {
        Element::Float => Data::float(values.mapv(|v| v as f32)),
        element => Data::Integer {
            values: Rc::new(values),
            boolean: element == Element::Boolean,
        },
    }
    .into())
}
