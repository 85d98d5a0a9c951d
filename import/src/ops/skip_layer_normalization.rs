//! `SkipLayerNormalization` and `SkipSimplifiedLayerNormalization` of onnxruntime: a sum, which is an output too, normalised over the last
//! axis.

use super::normalization::{normalized, scaled_and_shifted};
use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, Outputs};
use hallmark_model::Op;
use hallmark_model::ops::float::Measure;

pub(super) const RULE: Rule = Rule {
    name: "SkipLayerNormalization",
    attributes: &["epsilon"],
    // Sum, skip, scale, bias, and what is added to the sum.
    lower: |ctx| lower(ctx, Measure::Deviation, [Some(3), Some(4)]),
};

pub(super) const SIMPLIFIED: Rule = Rule {
    name: "SkipSimplifiedLayerNormalization",
    attributes: &["epsilon"],
    lower: |ctx| lower(ctx, Measure::RootMeanSquare, [None, Some(3)]),
};

fn lower(ctx: &mut Context<'_>, measure: Measure, [bias, added]: [Option<usize>; 2]) -> Lowered {
    for index in [1, 2] {
        if let Some(output) = ctx.node.output.get(index).filter(|name| !name.is_empty()) {
            let output = output.clone();
            return Err(Reason::Output { index, output });
        }
    }
    let (x, skip) = (ctx.input(0)?, ctx.input(1)?);
    let mut sum = ctx.emit(Op::Add, &[&x, &skip])?;
    if let Some(added) = added.and_then(|index| ctx.optional(index)) {
        sum = ctx.emit(Op::Add, &[&sum, &added])?;
    }
    let epsilon = f64::from(ctx.float("epsilon")?.unwrap_or(1e-5));
    let last = sum
        .rank()
        .checked_sub(1)
        .ok_or_else(|| Reason::shape("expected an input with axes"))?;
    let made = normalized(ctx, &sum, &[last], (measure, epsilon))?;
    let parameters = [Some(ctx.input(2)?), bias.and_then(|index| ctx.optional(index))];
    let made = scaled_and_shifted(ctx, made, parameters)?;
    // Mean and deviation have no name here: what stands in their places is not read.
    Ok(Outputs(vec![made.clone(), made.clone(), made, sum]))
}
