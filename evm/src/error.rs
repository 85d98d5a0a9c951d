//! What can go wrong on the way to a contract.

use crate::check::KeyFault;
use hallmark_verifier::{Form, VerifyError};

/// Why a key or calldata cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvmError {
    /// The verifying key has no circuit of this form.
    #[error("the model has no circuit with {0}; compile it with one")]
    NoSuchCircuit(Form),
    /// A circuit of a form that the contract does not check.
    #[error("the contract does not check circuits with {0}")]
    Unsupported(String),
    /// The key's tables do not fit the format.
    #[error(
        "the key needs {found} {what}, the contract's format has room for {limit}; compile with --target evm"
    )]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much may be.
        limit: usize,
    },
    /// The key breaks an invariant of its format, as the contract would find.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The bundle was made with another transcript.
    #[error(
        "the proof has the transcript {found}; the contract checks keccak: prove with --transcript keccak"
    )]
    WrongTranscript {
        /// The bundle's transcript.
        found: &'static str,
    },
    /// The bundle is not for this key's circuit.
    #[error("the proof is for model {found}, the key for {expected}")]
    WrongModel {
        /// The key's model.
        expected: String,
        /// The bundle's.
        found: String,
    },
    /// The public values do not have the form that the key gives them.
    #[error(transparent)]
    Statement(#[from] VerifyError),
}
