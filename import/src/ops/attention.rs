//! `Attention`: scores of queries and keys, softmax, weighted values; in the standard's own form, with constant masks.

mod mask;

use super::concat::joined;
use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered, Outputs, require_float};
use hallmark_model::ops::SoftmaxResult;
use hallmark_model::ops::float::Softmax;
use hallmark_model::{Activation, Op};
use mask::Mask;

pub(super) const RULE: Rule = Rule {
    name: "Attention",
    attributes: &[
        "is_causal",
        "kv_num_heads",
        "left_window_size",
        "q_num_heads",
        "qk_matmul_output_mode",
        "right_window_size",
        "scale",
        "softcap",
        "softmax_precision",
    ],
    lower,
};

/// What `qk_matmul_output_mode` asks for.
const RAW: i64 = 0;
const CAPPED: i64 = 1;
const WITH_BIAS: i64 = 2;
const AFTER_SOFTMAX: i64 = 3;

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (q, k, v) = inputs(ctx)?;
    let flat = q.rank() == 3;
    let q = heads(ctx, &q, "q_num_heads")?;
    let past = ctx.optional(4).zip(ctx.optional(5));
    let before = past.as_ref().and_then(|(key, _)| key.shape().get(2).copied());
    let (mut k, mut v) = (heads(ctx, &k, "kv_num_heads")?, heads(ctx, &v, "kv_num_heads")?);
    if let Some((key, value)) = past {
        k = joined(ctx, &[key, k], 2)?;
        v = joined(ctx, &[value, v], 2)?;
    }
    let present = (k.clone(), v.clone());
    let (k, v) = (repeated(ctx, &k, &q)?, repeated(ctx, &v, &q)?);
    let capped = scores(ctx, &q, &k)?;
    let mask = Mask::new(ctx, &capped, before.unwrap_or(0))?;
    let masked = match mask.added(ctx, &capped)? {
        Some(added) => ctx.emit(Op::Add, &[&capped, &added])?,
        None => capped.clone(),
    };
    let softmax = Softmax {
        axis: 3,
        result: SoftmaxResult::Probabilities,
        mask: mask.constant()?,
    };
    let made = ctx.emit(Op::Softmax(softmax), &[&masked])?;
    let weights = mask.without_empty_rows(ctx, made)?;
    let mut y = ctx.emit(Op::MatMul, &[&weights, &v])?;
    if flat {
        let &[batch, heads, length, size] = y.shape() else {
            return Err(Reason::shape("a result of other than four axes"));
        };
        let turned = ctx.transpose(&y, vec![0, 2, 1, 3])?;
        y = ctx.reshape(&turned, vec![batch, length, heads * size])?;
    }
    let mut outputs = vec![y, present.0, present.1];
    if shows_scores(ctx) {
        outputs.push(shown(ctx, (capped, masked, weights), &mask)?);
    }
    Ok(Outputs(outputs))
}

/// Queries, keys and values, of three or four axes.
fn inputs(ctx: &Context<'_>) -> Result<(Operand, Operand, Operand), Reason> {
    let (q, k, v) = (ctx.input(0)?, ctx.input(1)?, ctx.input(2)?);
    for x in [&q, &k, &v] {
        require_float(x)?;
        if x.rank() != q.rank() || ![3, 4].contains(&x.rank()) {
            return Err(Reason::shape(format!(
                "queries, keys and values of shapes {:?}, {:?}, {:?}; three or four axes are expected",
                q.shape(),
                k.shape(),
                v.shape()
            )));
        }
    }
    Ok((q, k, v))
}

/// Whether scores are an output.
fn shows_scores(ctx: &Context<'_>) -> bool {
    ctx.node.output.get(3).is_some_and(|name| !name.is_empty())
}

/// Products of queries and keys, scaled, and bent where there is a cap.
fn scores(ctx: &mut Context<'_>, q: &Operand, k: &Operand) -> Result<Operand, Reason> {
    let turned = ctx.transpose(k, vec![0, 1, 3, 2])?;
    let products = ctx.emit(Op::MatMul, &[q, &turned])?;
    let size = q.shape()[3] as f32;
    let scale = ctx.float("scale")?.unwrap_or(1.0 / size.sqrt());
    let scores = ctx.scaled(products, scale)?;
    let cap = ctx.float("softcap")?.unwrap_or(0.0);
    if cap <= 0.0 {
        return Ok(scores);
    }
    if shows_scores(ctx) && ctx.int("qk_matmul_output_mode")?.unwrap_or(RAW) == RAW {
        return Err(Reason::form(
            "scores as an output beside a softcap: implementations disagree whether it is applied to them",
        ));
    }
    let narrow = ctx.scaled(scores, 1.0 / cap)?;
    let bent = ctx.emit(Op::Activation(Activation::TANH), &[&narrow])?;
    ctx.scaled(bent, cap)
}

/// The scores that are an output: as they are, with what is added at run time, or as weights.
fn shown(
    ctx: &mut Context<'_>,
    (capped, masked, weights): (Operand, Operand, Operand),
    mask: &Mask,
) -> Result<Operand, Reason> {
    match ctx.int("qk_matmul_output_mode")?.unwrap_or(RAW) {
        RAW | CAPPED => Ok(capped),
        WITH_BIAS if mask.excludes() => Err(Reason::form(
            "scores with a mask are an output, and some of them are minus infinity",
        )),
        WITH_BIAS => match mask.constant()? {
            None => Ok(masked),
            Some(constant) => ctx.emit(Op::Add, &[&masked, &Data::float(constant).into()]),
        },
        AFTER_SOFTMAX => Ok(weights),
        other => Err(Reason::attribute(
            "qk_matmul_output_mode",
            format!("{other} is none of 0 to 3"),
        )),
    }
}

/// `(batch, length, heads·size)` as `(batch, heads, length, size)`.
fn heads(ctx: &mut Context<'_>, x: &Operand, attribute: &str) -> Result<Operand, Reason> {
    let &[batch, length, width] = x.shape() else {
        return Ok(x.clone());
    };
    let heads = ctx.int(attribute)?.and_then(|heads| usize::try_from(heads).ok());
    let heads = heads
        .filter(|heads| *heads > 0 && width % heads == 0)
        .ok_or_else(|| Reason::attribute(attribute, format!("does not divide a width of {width}")))?;
    let apart = ctx.reshape(x, vec![batch, length, heads, width / heads])?;
    ctx.transpose(&apart, vec![0, 2, 1, 3])
}

/// Keys or values for as many heads as there are of queries: each for several in a row.
fn repeated(ctx: &mut Context<'_>, x: &Operand, q: &Operand) -> Result<Operand, Reason> {
    let (own, wanted) = (x.shape()[1], q.shape()[1]);
    match own > 0 && wanted % own == 0 {
        true => ctx.along(x, 1, (0..wanted).map(|head| head / (wanted / own)).collect()),
        false => Err(Reason::shape(format!(
            "{wanted} heads of queries and {own} of keys"
        ))),
    }
}
