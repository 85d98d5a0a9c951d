//! What products have in common: they are not stored where only roundings read them, and are proven by these.

use super::{express, storage};
use crate::{
    builder::{Builder, Expression, Map, Product, Scalar},
    error::CircuitError,
    expression::Atom,
};
use hallmark_model::{IntTensor, TensorId};

/// Lowers a product. Where only roundings read it, they prove it; otherwise it is stored as it is.
pub(super) fn lower(b: &mut Builder<'_>, index: usize, product: &dyn Product) -> Result<(), CircuitError> {
    let output = b.graph.nodes[index].output();
    let rounds = |n: &usize| b.operator(*n).rounds();
    let is_rounded =
        |tensor: TensorId| !b.graph.outputs.contains(&tensor) && b.consumers(tensor).iter().all(rounds);
    let shifted = |n: &usize| {
        let sum = b.graph.nodes[*n].output();
        unstored(b, sum).0 == Some(index) && is_rounded(sum)
    };
    let proven = |n: &usize| rounds(n) || shifted(n);
    if !b.graph.outputs.contains(&output) && b.consumers(output).iter().all(proven) {
        return Ok(());
    }
    storage::number(b, output)?;
    let mut value = Expression {
        parts: vec![express::part(1, output, Map::Identity)],
        constants: Vec::new(),
    };
    subtract(&mut value, product.bias(b, index));
    product.prove(b, index, &value)
}

/// Takes constants off an expression.
pub(super) fn subtract(value: &mut Expression, constants: Option<Vec<i64>>) {
    let Some(constants) = constants else { return };
    value.constants.resize(constants.len(), 0);
    value
        .constants
        .iter_mut()
        .zip(constants)
        .for_each(|(sum, constant)| *sum -= constant);
}

/// The product that makes an accumulator and is not stored, and the constant that is added to it in between.
pub(super) fn unstored<'g>(b: &Builder<'g>, acc: TensorId) -> (Option<usize>, Option<&'g IntTensor>) {
    let unstored = |tensor: TensorId| {
        b.producer(tensor)
            .filter(|n| b.product(*n).is_some() && !b.is_defined(tensor))
    };
    if let Some(producer) = unstored(acc) {
        return (Some(producer), None);
    }
    let sum = b.producer(acc);
    let Some((sum, constant)) = sum.and_then(|n| Some((&b.graph.nodes[n], b.operator(n).added()?))) else {
        return (None, None);
    };
    let input = sum.inputs.first().copied();
    let made = input.filter(|t| b.shape(*t) == b.shape(acc)).and_then(unstored);
    (made, made.map(|_| constant))
}

/// A scalar as one cell: the atom itself, or a total that adds up several. `None` for zero.
pub(super) fn single(b: &mut Builder<'_>, scalar: &Scalar) -> Option<Atom> {
    match scalar.as_slice() {
        [] => None,
        [(1, atom)] => Some(*atom),
        _ => {
            b.add_scalar(scalar, 1, false, false);
            Some(Atom::Total {
                row: b.dots.len() - 1,
            })
        }
    }
}
