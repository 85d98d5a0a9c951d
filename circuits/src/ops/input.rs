//! Model inputs: stored and range-checked like any tensor, and linked to the instance or to a commitment.

use super::{output, storage};
use crate::{
    builder::Builder,
    error::CircuitError,
    statement::{EntryKind, StatementEntry},
};

/// Stores all inputs and reserves their place in the statement.
pub fn lower(b: &mut Builder<'_>) -> Result<(), CircuitError> {
    b.statement.columns = b.widths.instance;
    b.statement.push(StatementEntry {
        kind: EntryKind::Nonce,
        tensor: None,
        name: "nonce".to_owned(),
        shape: vec![2],
        scale_bits: 0,
        interval: (0, 0),
        first: 0,
    });
    for input in b.graph.inputs.clone() {
        storage::store(b, input)?;
    }
    Ok(())
}

/// Links the stored inputs to the statement, by the functionals that their consumers use.
pub fn link(b: &mut Builder<'_>) -> Result<(), CircuitError> {
    for input in b.graph.inputs.clone() {
        output::publish(b, input, EntryKind::Input)?;
    }
    Ok(())
}
