//! What products have in common: they are not stored where only roundings read them, and are proven by these.

use super::{express, storage};
use crate::{
    builder::{Builder, Expression, Map, Product},
    error::CircuitError,
    parameter::{ParameterRole, Spread},
};
use hallmark_model::TensorId;

/// Lowers a product. Where only roundings read it, they prove it; where only sums read it that are evaluated, it can be an expression;
/// otherwise it is stored as it is.
pub(super) fn lower(b: &mut Builder<'_>, index: usize, product: &dyn Product) -> Result<(), CircuitError> {
    let output = b.graph.nodes[index].output();
    let rounds = |n: &usize| b.operator(*n).rounds();
    let is_rounded = |tensor: TensorId| !b.is_output(tensor) && b.consumers(tensor).iter().all(rounds);
    let shifted = |n: &usize| {
        let sum = b.graph.nodes[*n].output();
        unstored(b, sum).0 == Some(index) && is_rounded(sum)
    };
    let proven = |n: &usize| rounds(n) || shifted(n);
    if !b.is_output(output) && b.consumers(output).iter().all(proven) {
        return Ok(());
    }
    if is_only_evaluated(b, output)
        && let Some(expression) = product.express(b, index)?
    {
        b.define(output, expression);
        return Ok(());
    }
    storage::number(b, output)?;
    let mut value = Expression::of(vec![express::part(1, output, Map::Identity)]);
    value.constants.add(-1, bias(b, index, product)?);
    product.prove(b, index, &value)
}

/// Most nodes that are looked at to find who reads a product.
const MAX_READERS: usize = 64;

/// Whether a tensor is read by sums alone that are [evaluated](crate::builder::Operator::evaluates): no product of it is then a factor of another.
fn is_only_evaluated(b: &Builder<'_>, tensor: TensorId) -> bool {
    let (mut tensors, mut looked_at) = (vec![tensor], 0);
    while let Some(tensor) = tensors.pop() {
        if b.is_output(tensor) {
            return false;
        }
        for node in b.consumers(tensor) {
            looked_at += 1;
            let operator = b.operator(*node);
            match (operator.evaluates(), operator.is_linear()) {
                _ if looked_at > MAX_READERS => return false,
                (true, _) => {}
                (false, true) => tensors.extend(&b.graph.nodes[*node].outputs),
                (false, false) => return false,
            }
        }
    }
    true
}

/// The bias at every element of a product, where the identity leaves it to whoever stores the result.
pub(super) fn bias(
    b: &mut Builder<'_>,
    node: usize,
    product: &dyn Product,
) -> Result<Option<Spread>, CircuitError> {
    match product.proves_bias(b, node) {
        true => Ok(None),
        false => b.spread(node, ParameterRole::Bias),
    }
}

/// The product that makes an accumulator and is not stored, and the node that adds a constant to it in between.
pub(super) fn unstored(b: &Builder<'_>, acc: TensorId) -> (Option<usize>, Option<usize>) {
    let unstored = |tensor: TensorId| {
        b.producer(tensor)
            .filter(|n| b.product(*n).is_some() && !b.is_defined(tensor))
    };
    if let Some(producer) = unstored(acc) {
        return (Some(producer), None);
    }
    let Some(sum) = b.producer(acc).filter(|n| b.operator(*n).only_adds()) else {
        return (None, None);
    };
    let input = b.graph.nodes[sum].inputs.first().copied();
    let made = input.filter(|t| b.shape(*t) == b.shape(acc)).and_then(unstored);
    (made, made.map(|_| sum))
}
