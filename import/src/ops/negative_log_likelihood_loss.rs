//! `NegativeLogLikelihoodLoss`: what the scores of the right classes lack, weighted. The classes must be constant.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::moves::{coordinates, elements, place};
use hallmark_model::Op;
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "NegativeLogLikelihoodLoss",
    attributes: &["ignore_index", "reduction"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let scores = ctx.input(0)?;
    Ok(loss(ctx, &scores)?.into())
}

/// The loss of scores `(N, C, …)` for the classes in input 1, with the weights of classes in input 2.
pub(super) fn loss(ctx: &mut Context<'_>, scores: &Operand) -> Result<Operand, Reason> {
    let shape = ctx.input(1)?.shape().to_vec();
    let targets = ctx.required_integers(1, "the classes")?;
    let weights = ctx.floats(2, "the weights of classes")?;
    let ignored = ctx.int("ignore_index")?;
    let classes = scores.shape().get(1).copied().unwrap_or(0);
    let expected: Vec<usize> = (0..scores.rank())
        .filter(|axis| *axis != 1)
        .map(|axis| scores.shape()[axis])
        .collect();
    if scores.rank() < 2 || shape != expected || weights.as_ref().is_some_and(|w| w.shape() != [classes]) {
        return Err(Reason::shape(format!(
            "classes of shape {shape:?} for scores of shape {:?}, with a weight for each of {classes} classes",
            scores.shape()
        )));
    }
    ctx.builder.reserve(elements(&shape))?;
    let weights: Option<Vec<f32>> = weights.map(|weights| weights.iter().copied().collect());
    let (mut places, mut factors) = (Vec::new(), Vec::new());
    for (mut at, &target) in coordinates(&shape).zip(&targets) {
        if Some(target) == ignored {
            places.push(None);
            factors.push(0.0);
            continue;
        }
        let class = usize::try_from(target).ok().filter(|class| *class < classes);
        let class = class.ok_or_else(|| Reason::shape(format!("class {target} is none of {classes}")))?;
        at.insert(1, class);
        places.push(Some(place(scores.shape(), &at)));
        factors.push(weights.as_ref().map_or(1.0, |weights| weights[class]));
    }
    let total: f64 = factors.iter().map(|&factor| f64::from(factor)).sum();
    let chosen = ctx.placed(scores, &places, shape.clone())?;
    let divisor = match ctx.string("reduction")?.unwrap_or("mean") {
        "none" => {
            let factors = factors.iter().map(|factor| -factor).collect();
            let factors = ArrayD::from_shape_vec(IxDyn(&shape), factors);
            let factors = factors.map_err(|_| Reason::shape("constant shape"))?;
            return ctx.emit(Op::Mul, &[&chosen, &Data::float(factors).into()]);
        }
        "sum" => 1.0,
        "mean" if total != 0.0 => total,
        "mean" => return Err(Reason::form("the mean of losses whose weights add up to nothing")),
        other => {
            return Err(Reason::attribute(
                "reduction",
                format!("`{other}` is none of none, sum, mean"),
            ));
        }
    };
    let count = factors.len();
    let column = factors
        .iter()
        .map(|&factor| (-f64::from(factor) / divisor) as f32)
        .collect();
    let column = ArrayD::from_shape_vec(IxDyn(&[count, 1]), column);
    let column = column.map_err(|_| Reason::shape("constant shape"))?;
    let row = ctx.reshape(&chosen, vec![1, count])?;
    let sum = ctx.emit(Op::MatMul, &[&row, &Data::float(column).into()])?;
    ctx.reshape(&sum, Vec::new())
}
