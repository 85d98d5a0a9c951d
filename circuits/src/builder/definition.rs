//! What is known of how a tensor is expressed.

use crate::expression::Expression;
use hallmark_model::TensorId;
use std::sync::Arc;

/// How a tensor is expressed.
#[derive(Clone)]
pub(super) struct Definition {
    pub(super) expression: Arc<Expression>,
    pub(super) size: Size,
    /// The tensor that it is in the same order, or itself.
    pub(super) root: TensorId,
}

/// How large an expression is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Expressions of tensors that are nested in it.
    pub(super) depth: usize,
    /// Terms on stored cells that an evaluation of all elements comes down to.
    pub(super) terms: u64,
}
