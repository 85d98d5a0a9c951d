//! Outputs that are expressions of inputs: free of cells until they are read.

use super::storage;
use crate::{
    builder::{Builder, Expression, Map, Part, Source},
    error::CircuitError,
    functional::Functional,
};
use hallmark_model::TensorId;
use std::sync::Arc;

/// Defines a tensor by an expression, or where that would be nested too deeply or too large to evaluate stores the tensor and
/// proves that it is what the expression says.
pub(super) fn express(
    b: &mut Builder<'_>,
    tensor: TensorId,
    expression: Expression,
) -> Result<(), CircuitError> {
    let length = b.length(tensor);
    if b.is_small(&expression, length) {
        b.define(tensor, expression);
        return Ok(());
    }
    let expression = b.composed(expression);
    if b.is_small(&expression, length) {
        b.define(tensor, expression);
        return Ok(());
    }
    storage::number(b, tensor)?;
    let functional = Functional::flat(length);
    let (stored, expressed) = (
        b.evaluate(tensor, &functional)?,
        b.evaluate_expression(&expression, &functional)?,
    );
    b.equate(&stored, &expressed);
    Ok(())
}

/// One summand that reads a tensor.
pub(super) fn part(coefficient: i64, tensor: TensorId, map: Map) -> Part {
    Part {
        coefficient,
        source: Source::Tensor(tensor),
        map,
    }
}

/// A one-element-each map.
pub(super) fn gather(index: Vec<u32>) -> Map {
    Map::Gather(Arc::from(index))
}
