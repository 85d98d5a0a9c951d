//! What can go wrong while a circuit is planned or filled.

use crate::options::K_RANGE;

/// Errors of planning and witness generation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// The model has an operation in a form that no circuit exists for.
    #[error("node '{node}': {reason}")]
    Unsupported {
        /// Name of the node.
        node: String,
        /// What is not supported, and what can be done about it.
        reason: String,
    },
    /// The graph breaks a rule that the planner relies on.
    #[error("the quantised graph is inconsistent at '{place}': {reason}")]
    Inconsistent {
        /// The node or tensor.
        place: String,
        /// The broken rule.
        reason: String,
    },
    /// No layout of an allowed size holds the model.
    #[error("the model does not fit: {reason}; the largest circuit allowed has 2^{max_k} rows")]
    TooLarge {
        /// What does not fit.
        reason: String,
        /// The largest `k` that was tried.
        max_k: u32,
    },
    /// Rows and widths that somebody chose before are not those of a layout.
    #[error("the layout that was chosen before cannot be had: {reason}")]
    Choice {
        /// Which number, or what does not fit.
        reason: String,
    },
    /// The execution trace does not belong to the planned graph.
    #[error("the trace does not match the plan: {0}")]
    TraceMismatch(String),
    /// The salt of a commitment is missing, superfluous or not a field element.
    #[error("the salt of the commitment to private inputs cannot be used: {0}")]
    Salt(&'static str),
    /// A value has no entry in the lookup table that checks it.
    #[error(
        "tensor '{tensor}', element {element}: value {value} is not in its table (0..{length}); the input is outside the calibrated range"
    )]
    NotInTable {
        /// What the cell belongs to.
        tensor: String,
        /// Element index.
        element: usize,
        /// The cell's value.
        value: i64,
        /// Number of entries of the table.
        length: usize,
    },
}

impl CircuitError {
    /// Of what stopped each of several ways to lay out a model, what says most: that it is too large, if one of them could do all its
    /// operations; else which operation has no circuit.
    pub(crate) fn most_helpful(errors: Vec<Self>) -> Self {
        let rank = |error: &Self| match error {
            Self::TooLarge { .. } => 0,
            Self::Unsupported { .. } => 1,
            _ => 2,
        };
        errors.into_iter().min_by_key(rank).unwrap_or(Self::TooLarge {
            reason: "no width and number of rows holds all tensors".to_owned(),
            max_k: *K_RANGE.end(),
        })
    }
}
