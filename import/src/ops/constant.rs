//! `Constant`: a tensor, number or list in an attribute.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, vector};
use crate::context::{Context, Lowered};
use ndarray::{Array1, ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "Constant",
    attributes: &["value", "value_float", "value_floats", "value_int", "value_ints"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let data = if let Some(data) = ctx.tensor("value")? {
        data
    } else if let Some(value) = ctx.float("value_float")? {
        Data::float(ArrayD::from_elem(IxDyn(&[]), value))
    } else if let Some(values) = ctx.float_list("value_floats")? {
        Data::float(Array1::from(values).into_dyn())
    } else if let Some(value) = ctx.int("value_int")? {
        Data::integer(ArrayD::from_elem(IxDyn(&[]), value))
    } else if let Some(values) = ctx.ints("value_ints")? {
        vector(values)
    } else {
        return Err(Reason::attribute("value", "is missing"));
    };
    Ok(data.into())
}
