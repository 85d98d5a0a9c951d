//! Linear maps along one axis: products with a matrix that is known.

use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::Context;
use hallmark_model::Op;
use ndarray::{ArrayD, IxDyn};

/// Maps an axis to one of another length: `y[…, to, …] = Σ_from x[…, from, …] · weight(from, to)`.
pub(crate) fn along_axis(
    ctx: &mut Context<'_>,
    x: &Operand,
    axis: usize,
    length: usize,
    weight: impl Fn(usize, usize) -> f32,
) -> Result<Operand, Reason> {
    let from = x.shape().get(axis).copied().unwrap_or(0);
    ctx.builder.reserve(from.checked_mul(length))?;
    let matrix = ArrayD::from_shape_fn(IxDyn(&[from, length]), |at| weight(at[0], at[1]));
    let whole = matrix.iter().all(|w| w.fract() == 0.0 && w.abs() < 16_777_216.0);
    // Integers times integers stay integers, also where all of them are constants.
    let matrix = match x.data() {
        Some(Data::Integer { .. }) if whole => Data::integer(matrix.mapv(|w| w as i64)),
        _ => Data::float(matrix),
    };
    // The axis last, as the matrix product has it, with at least one in front.
    let rank = x.rank();
    let mut perm: Vec<usize> = (0..rank).filter(|&other| other != axis).collect();
    perm.push(axis);
    let turned = ctx.transpose(x, perm.clone())?;
    let rows: usize = turned.shape()[..rank - 1].iter().product();
    let mut shape = turned.shape().to_vec();
    let flat = match rank {
        1 => ctx.reshape(&turned, vec![rows, from])?,
        _ => turned,
    };
    let product = ctx.emit(Op::MatMul, &[&flat, &Operand::from(matrix)])?;
    shape[rank - 1] = length;
    let product = ctx.reshape(&product, shape)?;
    let mut back = vec![0; rank];
    for (place, &axis) in perm.iter().enumerate() {
        back[axis] = place;
    }
    ctx.transpose(&product, back)
}

/// Sums over the last axis of a matrix, which stays with length 1: a product with ones.
pub(crate) fn sum_last(ctx: &mut Context<'_>, x: &Operand) -> Result<Operand, Reason> {
    along_axis(ctx, x, 1, 1, |_, _| 1.0)
}
