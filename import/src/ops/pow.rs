//! `Pow`: powers of a constant exponent or a constant base. One of both that is computed is `e^(y·ln x)`, for positive x.
//!
//! The result has the base's type.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::fold;
use crate::onnx::element::Element;
use hallmark_model::{Activation, Op};

pub(super) const RULE: Rule = Rule {
    name: "Pow",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (base, exponent) = (ctx.input(0)?, ctx.input(1)?);
    if let Some((exponent, base)) = one_number(ctx, &exponent, &base)? {
        return of_exponent(ctx, &base, exponent);
    }
    if base.element() != Element::Float {
        return Err(Reason::form(
            "powers of integers are supported for one constant exponent only; cast the base to float",
        ));
    }
    let exponent = exponent.into_float()?;
    if let Some((base, exponent)) = one_number(ctx, &base, &exponent)? {
        if base <= 0.0 {
            return Err(Reason::form(format!(
                "powers of the constant {base} are no numbers for all exponents; only those of positive bases are supported"
            )));
        }
        let power = Activation::exponential(base);
        return Ok(ctx.emit(Op::Activation(power), &[&exponent])?.into());
    }
    let logarithm = ctx.emit(Op::Activation(Activation::LOG), &[&base])?;
    let product = ctx.emit(Op::Mul, &[&logarithm, &exponent])?;
    Ok(ctx.emit(Op::Activation(Activation::EXP), &[&product])?.into())
}

fn of_exponent(ctx: &mut Context<'_>, base: &Operand, exponent: f64) -> Lowered {
    let is_natural = exponent.fract() == 0.0 && exponent >= 0.0;
    if base.element() != Element::Float && !is_natural {
        return Err(Reason::form(format!(
            "integers to the power of {exponent} are no integers; cast the base to float"
        )));
    }
    let function = match exponent {
        1.0 => return Ok(base.clone().into()),
        2.0 => return Ok(ctx.emit(Op::Mul, &[base, base])?.into()),
        0.5 => Activation::SQRT,
        -1.0 => Activation::RECIPROCAL,
        _ => Activation::pow(exponent),
    };
    Ok(ctx.emit(Op::Activation(function), &[base])?.into())
}

/// The number that all elements of a constant are, and another operand in the shape that both give, where that repeats no element.
fn one_number(
    ctx: &mut Context<'_>,
    constant: &Operand,
    other: &Operand,
) -> Result<Option<(f64, Operand)>, Reason> {
    let Some(Ok(values)) = constant.data().map(Data::to_float) else {
        return Ok(None);
    };
    let shape = fold::broadcast(&[constant.shape(), other.shape()])?;
    let number = values
        .first()
        .filter(|&&number| values.iter().all(|&v| v == number));
    match number {
        Some(&number) if shape.iter().product::<usize>() == other.shape().iter().product::<usize>() => {
            Ok(Some((number.into(), ctx.reshape(other, shape)?)))
        }
        _ => Ok(None),
    }
}
