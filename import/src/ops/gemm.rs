//! `Gemm`: `alpha·A'·B' + beta·C` for matrices, each of A and B perhaps transposed.

use super::expand::broadcast_to;
use super::mat_mul::{product, transposed};
use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Gemm",
    attributes: &["alpha", "beta", "transA", "transB"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (mut a, mut b) = (ctx.input(0)?, ctx.input(1)?);
    if a.rank() != 2 || b.rank() != 2 {
        return Err(Reason::shape(format!(
            "expected two matrices, found {:?} and {:?}",
            a.shape(),
            b.shape()
        )));
    }
    if ctx.flag("transA", false)? {
        a = transposed(ctx, &a)?;
    }
    if ctx.flag("transB", false)? {
        b = transposed(ctx, &b)?;
    }
    // A constant factor of a constant is folded.
    let alpha = ctx.float("alpha")?.unwrap_or(1.0);
    match b.data() {
        Some(_) => b = ctx.scaled(b, alpha)?,
        None => a = ctx.scaled(a, alpha)?,
    }
    let beta = ctx.float("beta")?.unwrap_or(1.0);
    let c = match ctx.optional(2) {
        Some(c) if beta != 0.0 => Some(ctx.scaled(c, beta)?),
        _ => None,
    };
    let Some(c) = c else {
        return Ok(product(ctx, &a, &b)?.into());
    };
    if a.data().is_none() && b.data().is_some() && is_row(&c) {
        let row = ctx.reshape(&c, vec![c.shape().iter().product()])?;
        let bias = broadcast_to(ctx, row, &b.shape()[1..])?;
        return Ok(ctx.emit(Op::MatMul, &[&a, &b, &bias])?.into());
    }
    let y = product(ctx, &a, &b)?;
    let sum = ctx.emit(Op::Add, &[&y, &c])?;
    match sum.shape() == y.shape() {
        true => Ok(sum.into()),
        false => Err(Reason::shape(format!(
            "C of shape {:?} does not broadcast to {:?}",
            c.shape(),
            y.shape()
        ))),
    }
}

/// Whether a tensor is a constant with one value per column, or one for all.
fn is_row(c: &Operand) -> bool {
    c.data().is_some() && c.shape().iter().rev().skip(1).all(|&axis| axis == 1)
}
