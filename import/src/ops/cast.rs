//! `Cast`: between numeric element types.
//!
//! At run time an integer is a float already, so only float to integer does something, it truncates, and anything to boolean. Between types of integers a value
//! of its own remains where the narrower one might not hold what comes: whether it does is known when inputs have their ranges.
//! Constants are converted as ONNX says, or refused.

use super::rule::Rule;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::onnx::element::{Element, code_of, integer_range, integer_type};
use crate::onnx::proto::data_type;
use crate::{Reason, integers};
use hallmark_model::{Activation, IntTensor, Op, Whole};
use std::rc::Rc;

/// `CastLike`: the same, to the type of the second input.
pub(super) const LIKE: Rule = Rule {
    name: "CastLike",
    attributes: &["round_mode", "saturate"],
    lower: lower_like,
};

pub(super) const RULE: Rule = Rule {
    name: "Cast",
    attributes: &["round_mode", "saturate", "to"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let code = ctx
        .int("to")?
        .ok_or_else(|| Reason::attribute("to", "is missing"))?;
    let code = i32::try_from(code).unwrap_or(0);
    let to = Element::of(code).ok_or_else(|| {
        Reason::attribute(
            "to",
            format!("ONNX element type {code} is not a supported number type"),
        )
    })?;
    cast(ctx, (to, code))
}

fn lower_like(ctx: &mut Context<'_>) -> Lowered {
    let like = ctx.input(1)?;
    let whole = match &like {
        Operand::Variable(variable) => variable.whole.map(|whole| whole.kind.name),
        Operand::Constant(_) => None,
    };
    let code = match (like.element(), whole) {
        (Element::Float, _) => Some(data_type::FLOAT),
        (Element::Boolean, _) => Some(data_type::BOOL),
        (Element::Integer, name) => name.and_then(code_of),
    };
    let code = code.ok_or_else(|| {
        Reason::form(
            "the type of a constant of integers is not kept; export the model with Cast in place of CastLike",
        )
    })?;
    cast(ctx, (like.element(), code))
}

/// Converts the first input to a type.
fn cast(ctx: &mut Context<'_>, (to, code): (Element, i32)) -> Lowered {
    let x = ctx.input(0)?;
    if let Some(data) = x.data() {
        return Ok(convert(data, to, code)?.into());
    }
    if to == Element::Boolean && x.element() != to {
        let answers = ctx.emit(Op::Activation(Activation::NOT_ZERO), &[&x.into_float()?])?;
        let answers = answers.with_element(to, integer_type(code).map(Whole::of));
        ctx.builder.declare(&answers);
        return Ok(answers.into());
    }
    let whole = integers::cast(&x, to, code)?;
    let narrows = |whole: Whole| x.range().is_some_and(|range| !whole.kind.contains(range));
    if x.element() != Element::Float && whole.is_some_and(narrows) {
        return Ok(ctx.builder.copy_as(ctx.label, &x, (to, whole))?.into());
    }
    let cast = match (x.element(), to) {
        (from, to) if from == to => x,
        (Element::Float, Element::Integer) => ctx.emit(Op::Activation(Activation::TRUNC), &[&x])?,
        _ => x,
    };
    let cast = cast.with_element(to, whole);
    ctx.builder.declare(&cast);
    Ok(cast.into())
}

fn convert(data: &Data, to: Element, code: i32) -> Result<Operand, Reason> {
    let (low, high) = integer_range(code).unwrap_or((i64::MIN, i64::MAX));
    let inside = |value: i64| match value >= low && value <= high {
        true => Ok(value),
        false => Err(Reason::form(format!(
            "the constant {value} does not fit the element type {code}"
        ))),
    };
    let boolean = to == Element::Boolean;
    let converted = match (data, to) {
        (Data::Float(_), Element::Float) => data.clone(),
        (Data::Integer { values, .. }, Element::Float) => {
            double_is_single(values, code)?;
            Data::float(values.mapv(|v| v as f32))
        }
        (Data::Integer { values, .. }, _) => {
            let convert = |v: i64| if boolean { Ok(i64::from(v != 0)) } else { inside(v) };
            Data::Integer {
                values: Rc::new(try_map(values, convert)?),
                boolean,
            }
        }
        (Data::Float(values), _) => {
            let convert = |v: f32| match v {
                _ if boolean => Ok(i64::from(v != 0.0)),
                // 2^63 is a float, so this excludes everything that an i64 cannot hold.
                v if v.abs() < (1_u64 << 63) as f32 => inside(v.trunc() as i64),
                v => Err(Reason::form(format!("the constant {v} does not fit an integer"))),
            };
            Data::Integer {
                values: Rc::new(try_map(values, convert)?),
                boolean,
            }
        }
    };
    Ok(converted.into())
}

/// Refuses integers that are exact in double precision, which the file asks for, and not in the single precision that there is here:
/// cast back, they would be others.
fn double_is_single(values: &IntTensor, code: i32) -> Result<(), Reason> {
    let is_lost = |&v: &i64| {
        let (double, single) = (v as f64, v as f32);
        double as i128 == i128::from(v) && f64::from(single) != double
    };
    match values.iter().find(|v| code == data_type::DOUBLE && is_lost(v)) {
        None => Ok(()),
        Some(value) => Err(Reason::form(format!(
            "the constant {value} is cast to double precision, and models run in single precision, which does not hold it; keep it \
             an integer, or cast it to float"
        ))),
    }
}

fn try_map<T: Copy>(
    array: &ndarray::ArrayD<T>,
    convert: impl Fn(T) -> Result<i64, Reason>,
) -> Result<ndarray::ArrayD<i64>, Reason> {
    let values = array.iter().map(|&v| convert(v)).collect::<Result<Vec<_>, _>>()?;
    ndarray::ArrayD::from_shape_vec(array.raw_dim(), values).map_err(|_| Reason::shape("constant shape"))
}
