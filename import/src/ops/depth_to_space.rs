//! `DepthToSpace`: channels become blocks of the plane.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "DepthToSpace",
    attributes: &["blocksize", "mode"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let block = block_size(ctx)?;
    let &[n, c, h, w] = x.shape() else {
        return Err(planes(x.shape()));
    };
    if c % (block * block) != 0 {
        return Err(Reason::shape(format!(
            "{c} channels are no blocks of {block} times {block}"
        )));
    }
    let depth = c / (block * block);
    let (shape, perm) = match blocks_before_depth(ctx)? {
        true => (vec![n, block, block, depth, h, w], vec![0, 3, 4, 1, 5, 2]),
        false => (vec![n, depth, block, block, h, w], vec![0, 1, 4, 2, 5, 3]),
    };
    let x = ctx.reshape(&x, shape)?;
    let x = ctx.transpose(&x, perm)?;
    Ok(ctx.reshape(&x, vec![n, depth, h * block, w * block])?.into())
}

/// The attribute `blocksize`.
pub(super) fn block_size(ctx: &Context<'_>) -> Result<usize, Reason> {
    let size = ctx
        .int("blocksize")?
        .ok_or_else(|| Reason::attribute("blocksize", "is missing"))?;
    let size = usize::try_from(size)
        .ok()
        .filter(|size| (1..=1 << 16).contains(size));
    size.ok_or_else(|| Reason::attribute("blocksize", "must be from 1 to 65,536"))
}

/// The attribute `mode`: whether the places of a block come before the depth in the order of channels.
pub(super) fn blocks_before_depth(ctx: &Context<'_>) -> Result<bool, Reason> {
    match ctx.string("mode")?.unwrap_or("DCR") {
        "DCR" => Ok(true),
        "CRD" => Ok(false),
        other => Err(Reason::attribute(
            "mode",
            format!("`{other}` is neither DCR nor CRD"),
        )),
    }
}

/// An input that has no planes.
pub(super) fn planes(shape: &[usize]) -> Reason {
    Reason::shape(format!("an input of shape {shape:?}, expected (N, C, H, W)"))
}
