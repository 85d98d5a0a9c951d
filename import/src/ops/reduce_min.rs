//! `ReduceMin`: minima along axes, `−max(−x)`.

use super::reduction::{self, Reduction};
use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use crate::onnx::element::Element;
use hallmark_model::ops::float::MaxPool;
use hallmark_model::{IntegerType, Op, Whole};

pub(super) const RULE: Rule = Rule {
    name: "ReduceMin",
    attributes: reduction::ATTRIBUTES,
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let Some(reduction) = Reduction::of(ctx, &x, 18)? else {
        return Ok(x.into());
    };
    let least = negated(ctx, &x, |ctx, negative| {
        reduction.pool(ctx, &negative, |window| Op::MaxPool(MaxPool { window }))
    })?;
    let least = ctx.emit(Op::Neg, &[&least])?;
    Ok(of_type(least, &x).into())
}

/// What an operation makes of the negative of a tensor, which is of a type with a sign.
pub(super) fn negated(
    ctx: &mut Context<'_>,
    x: &Operand,
    operation: impl FnOnce(&mut Context<'_>, Operand) -> Result<Operand, Reason>,
) -> Result<Operand, Reason> {
    let wide = match (x.element(), x.range()) {
        (Element::Float, _) => x.clone(),
        (_, range) => {
            let kind = IntegerType::INDEX;
            let range = range.unwrap_or(kind.holds);
            x.clone()
                .with_element(Element::Integer, Some(Whole { kind, range }))
        }
    };
    let negative = ctx.emit(Op::Neg, &[&wide])?;
    operation(ctx, negative)
}

/// A tensor with the type of another one, which holds its elements.
fn of_type(tensor: Operand, other: &Operand) -> Operand {
    match other {
        Operand::Variable(variable) => tensor.with_element(variable.element, variable.whole),
        Operand::Constant(_) => tensor,
    }
}
