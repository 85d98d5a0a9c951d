//! `MatMul`: the matrix product, with NumPy's rules for vectors and leading axes.

use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "MatMul",
    attributes: &[],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let (a, b) = (ctx.input(0)?, ctx.input(1)?);
    if a.rank() == 0 || b.rank() == 0 {
        return Err(Reason::shape(format!(
            "shapes {:?} and {:?} have no matrix product",
            a.shape(),
            b.shape()
        )));
    }
    // Vectors become a row and a column, whose axes the result does not have.
    let row = if a.rank() == 1 {
        ctx.reshape(&a, vec![1, a.shape()[0]])?
    } else {
        a.clone()
    };
    let column = if b.rank() == 1 {
        ctx.reshape(&b, vec![b.shape()[0], 1])?
    } else {
        b.clone()
    };
    let y = product(ctx, &row, &column)?;
    let mut shape = y.shape().to_vec();
    if b.rank() == 1 {
        shape.pop();
    }
    if a.rank() == 1 {
        shape.remove(y.rank() - 2);
    }
    Ok(ctx.reshape(&y, shape)?.into())
}

/// The product of two tensors of at least two axes. A constant left side is brought to the right, where weights are:
/// `A·B = (Bᵀ·Aᵀ)ᵀ`.
pub(super) fn product(ctx: &mut Context<'_>, a: &Operand, b: &Operand) -> Result<Operand, Reason> {
    if a.data().is_none() || b.data().is_some() {
        return ctx.emit(Op::MatMul, &[a, b]);
    }
    let left = transposed(ctx, b)?;
    let right = transposed(ctx, a)?;
    let y = ctx.emit(Op::MatMul, &[&left, &right])?;
    transposed(ctx, &y)
}

/// The last two axes exchanged.
pub(super) fn transposed(ctx: &mut Context<'_>, x: &Operand) -> Result<Operand, Reason> {
    let mut perm: Vec<usize> = (0..x.rank()).collect();
    if x.rank() < 2 {
        return Err(Reason::shape(format!(
            "expected a matrix, found shape {:?}",
            x.shape()
        )));
    }
    perm.swap(x.rank() - 2, x.rank() - 1);
    ctx.transpose(x, perm)
}
