//! Reshape: the same elements in the same order.

use crate::{
    builder::{Builder, Map},
    error::CircuitError,
};

/// Defines the output as the input.
pub fn lower(b: &mut Builder<'_>, index: usize) -> Result<(), CircuitError> {
    super::moved(b, index, Map::Identity)
}
