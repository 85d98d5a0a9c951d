//! `SpaceToDepth`: blocks of the plane become channels.

use super::depth_to_space::{block_size, blocks_before_depth, planes};
use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "SpaceToDepth",
    attributes: &["blocksize", "mode"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let block = block_size(ctx)?;
    let &[n, c, h, w] = x.shape() else {
        return Err(planes(x.shape()));
    };
    if h % block != 0 || w % block != 0 {
        return Err(Reason::shape(format!(
            "a plane of {h} times {w} has no whole blocks of {block} times {block}"
        )));
    }
    let perm = match blocks_before_depth(ctx)? {
        true => vec![0, 3, 5, 1, 2, 4],
        false => vec![0, 1, 3, 5, 2, 4],
    };
    let x = ctx.reshape(&x, vec![n, c, h / block, block, w / block, block])?;
    let x = ctx.transpose(&x, perm)?;
    Ok(ctx
        .reshape(&x, vec![n, c * block * block, h / block, w / block])?
        .into())
}
