//! What reductions along axes have in common. The axes are an attribute before an operator set, which is the operator's own, and an
//! input from it on.
//!
//! The reduced axes are brought to the end and are one row for a pool; the axes behind the second one need no moving.

use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered, axes};
use hallmark_model::limits::MAX_WINDOW_AXES;
use hallmark_model::ops::float::SumPool;
use hallmark_model::{Op, Window};

/// Attributes of all reductions.
pub(super) const ATTRIBUTES: &[&str] = &["axes", "keepdims", "noop_with_empty_axes"];

/// Along which axes a node reduces its input.
pub(super) struct Reduction {
    kept: Vec<usize>,
    reduced: Vec<usize>,
    /// The result's shape.
    shape: Vec<usize>,
}

impl Reduction {
    /// What the node says, or nothing where it says that nothing is reduced.
    pub fn of(ctx: &Context<'_>, x: &Operand, since: i64) -> Result<Option<Self>, Reason> {
        let named = ctx.attribute_or_input("axes", 1, since)?.unwrap_or_default();
        let mut reduced = axes(&named, x.rank())?;
        if reduced.is_empty() {
            if ctx.flag("noop_with_empty_axes", false)? {
                return Ok(None);
            }
            reduced = (0..x.rank()).collect();
        }
        let keep = ctx.flag("keepdims", true)?;
        let kept: Vec<usize> = (0..x.rank()).filter(|axis| !reduced.contains(axis)).collect();
        let axes = x.shape().iter().enumerate();
        let shape = axes
            .filter(|(axis, _)| keep || kept.contains(axis))
            .map(|(axis, &n)| if kept.contains(&axis) { n } else { 1 })
            .collect();
        Ok(Some(Self { kept, reduced, shape }))
    }

    /// As [`Self::of`], where a node that reduces nothing is refused: what it does to the elements then, versions disagree about.
    pub fn of_some(ctx: &Context<'_>, x: &Operand, since: i64) -> Result<Self, Reason> {
        Self::of(ctx, x, since)?.ok_or_else(|| {
            Reason::attribute(
                "noop_with_empty_axes",
                "without axes is not supported; leave the node out",
            )
        })
    }

    /// The elements that are reduced to one are a row: `[1, rows, length]`.
    pub fn rows(&self, ctx: &mut Context<'_>, x: &Operand) -> Result<Operand, Reason> {
        let length = |axes: &[usize]| axes.iter().map(|&axis| x.shape()[axis]).product::<usize>();
        let perm = self.kept.iter().chain(&self.reduced).copied().collect();
        let turned = ctx.transpose(x, perm)?;
        ctx.reshape(&turned, vec![1, length(&self.kept), length(&self.reduced)])
    }

    /// Reduces by a pool.
    pub fn pool(
        &self,
        ctx: &mut Context<'_>,
        x: &Operand,
        op: impl FnOnce(Window) -> Op,
    ) -> Result<Operand, Reason> {
        let spatial = self.kept == [0, 1] && (1..=MAX_WINDOW_AXES).contains(&self.reduced.len());
        let rows = match spatial {
            true => x.clone(),
            false => self.rows(ctx, x)?,
        };
        if rows.shape().contains(&0) {
            return Err(Reason::shape("a reduction of no elements"));
        }
        let kernel = rows.shape().get(2..).unwrap_or_default().to_vec();
        let pooled = ctx.emit(op(Window::of(&kernel)), &[&rows])?;
        self.finish(ctx, &pooled)
    }

    /// The reduced rows in the shape of the result.
    pub fn finish(&self, ctx: &mut Context<'_>, reduced: &Operand) -> Result<Operand, Reason> {
        ctx.reshape(reduced, self.shape.clone())
    }
}

/// A reduction of the first input by a pool.
pub(super) fn pool(ctx: &mut Context<'_>, since: i64, op: impl FnOnce(Window) -> Op) -> Lowered {
    let x = ctx.input(0)?;
    match Reduction::of(ctx, &x, since)? {
        Some(reduction) => Ok(reduction.pool(ctx, &x, op)?.into()),
        None => Ok(x.into()),
    }
}

/// The pool of sums.
pub(super) fn sum(window: Window) -> Op {
    Op::SumPool(SumPool { window })
}
