//! `BatchNormalization` at inference: one factor and one summand per channel.
//!
//! `y = (x − mean)/√(variance + ε)·scale + bias = x·factor + (bias − mean·factor)`. The quantiser merges both into a
//! convolution before it.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use hallmark_model::Op;
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "BatchNormalization",
    attributes: &["epsilon", "momentum", "spatial", "training_mode"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    if ctx.flag("training_mode", false)? || !ctx.flag("spatial", true)? {
        return Err(Reason::form(
            "only inference with one mean per channel is supported; export for inference",
        ));
    }
    let x = ctx.input(0)?;
    let channels = *x
        .shape()
        .get(1)
        .ok_or_else(|| Reason::shape("expected an input (N, C, …)"))?;
    let epsilon = f64::from(ctx.float("epsilon")?.unwrap_or(1e-5));
    let mut parameters = Vec::with_capacity(4);
    for (index, what) in [
        (1, "the scale"),
        (2, "the bias"),
        (3, "the mean"),
        (4, "the variance"),
    ] {
        let values = ctx.required_floats(index, what)?;
        if values.len() != channels {
            return Err(Reason::shape(format!(
                "{what} has {} elements for {channels} channels",
                values.len()
            )));
        }
        parameters.push(values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
    }
    let factor = |c: usize| parameters[0][c] / (parameters[3][c] + epsilon).sqrt();
    let summand = |c: usize| parameters[1][c] - parameters[2][c] * factor(c);
    let mut shape = vec![1; x.rank() - 1];
    shape[0] = channels;
    let tensor = |values: Vec<f32>| -> Result<Operand, Reason> {
        let array = ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|_| Reason::shape("channels"))?;
        Ok(Data::float(array).into())
    };
    let factors = tensor((0..channels).map(|c| factor(c) as f32).collect())?;
    let summands = tensor((0..channels).map(|c| summand(c) as f32).collect())?;
    let scaled = ctx.emit(Op::Mul, &[&x, &factors])?;
    Ok(ctx.emit(Op::Add, &[&scaled, &summands])?.into())
}
