//! What the operators' files have in common.

use crate::context::{Context, Lowered};
use hallmark_model::{Activation, Op};

/// How an ONNX operator of the default domain is lowered.
pub(crate) struct Rule {
    /// The operator's name.
    pub name: &'static str,
    /// The attributes that the lowering reads, or that have no meaning at inference. Others are refused.
    pub attributes: &'static [&'static str],
    /// Lowers a node. One function covers all operator set versions.
    pub lower: fn(&mut Context<'_>) -> Lowered,
}

/// A scalar function of the first input.
pub(super) fn activation(ctx: &mut Context<'_>, function: Activation) -> Lowered {
    let x = ctx.input(0)?;
    Ok(ctx.emit(Op::Activation(function), &[&x])?.into())
}

/// An element-wise operation of two inputs.
pub(super) fn arithmetic(ctx: &mut Context<'_>, op: Op) -> Lowered {
    let (a, b) = (ctx.input(0)?, ctx.input(1)?);
    Ok(ctx.emit(op, &[&a, &b])?.into())
}
