//! Everything that can be wrong with a key, a bundle or a proof.

use crate::form::Form;
use crate::model_id::ModelId;
use crate::problem::{Document, Problem};

/// Why a key, bundle or proof was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Bytes that are not a well-formed document.
    #[error("{document}, byte {offset}, {field}: {problem}")]
    Malformed {
        /// The document.
        document: Document,
        /// Offset of the field from the beginning of the document.
        offset: usize,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A name, count or size that no key can hold. Nothing was read or made yet.
    #[error("{place}: {problem}")]
    Unwritable {
        /// What it is.
        place: String,
        /// Why a key cannot hold it.
        problem: Problem,
    },
    /// A key whose parts do not fit together.
    #[error("verifying key is inconsistent: {place}: {reason}; take the key from its author again")]
    InconsistentKey {
        /// The part of the key.
        place: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// The key asks for more work than a verifier does for one proof.
    #[error(
        "verifying key: a proof with {form} would take {steps} steps to check, most of them for {part}; at most {limit} are accepted. No compiled model comes near: take the key from its author again, or, if it is your own model, compile it for fewer public values or smaller batches"
    )]
    TooMuchWork {
        /// The circuit.
        form: Form,
        /// The part that takes most.
        part: &'static str,
        /// Steps, see [`crate::MAX_WORK`].
        steps: u64,
        /// Greatest accepted number.
        limit: u64,
    },
    /// The key is not the one of the expected model.
    #[error("the verifying key is that of model {found}, but model {expected} is expected")]
    WrongKey {
        /// Model id that the caller expects.
        expected: ModelId,
        /// Model id of the key.
        found: ModelId,
    },
    /// The bundle claims to be for another model.
    #[error("the proof is for model {found}, but model {expected} is expected")]
    WrongModel {
        /// Model id that the caller expects.
        expected: ModelId,
        /// Model id in the bundle.
        found: ModelId,
    },
    /// The proof answers another request.
    #[error("the proof carries nonce {found}, but {expected} is expected: it answers another request")]
    WrongNonce {
        /// Nonce that the caller expects, hexadecimal.
        expected: String,
        /// Nonce in the bundle, hexadecimal.
        found: String,
    },
    /// The bundle names another SRS than the key.
    #[error("the proof names SRS {found}, the key has {expected}")]
    WrongSrs {
        /// Digest of the key's.
        expected: String,
        /// Digest in the bundle.
        found: String,
    },
    /// The secret of the key's SRS is public, which the caller does not accept.
    #[error(
        "the key's SRS is insecure and was not allowed: by its points it is {0}, with which anybody can forge proofs; \
         ask the model's author for a key over the SRS of a ceremony"
    )]
    InsecureSrs(String),
    /// The key's SRS is of no known ceremony, and the caller accepts no others.
    #[error(
        "the key's SRS {0} is none of the ceremonies that this program recognises by their points: ask the model's author where \
         it comes from, and accept it by its digest if you trust its makers"
    )]
    UnknownSrs(String),
    /// The key's SRS is not the one that the caller accepts.
    #[error(
        "the key's SRS is {found}, but {expected} is expected: ask the model's author for a key over that one"
    )]
    OtherSrs {
        /// Digests that the caller accepts.
        expected: String,
        /// Digest of the key's.
        found: String,
    },
    /// The key has no circuit for this kind of statement.
    #[error("the key has no circuit with {0}; ask the model's author for a key that has one")]
    NoSuchCircuit(Form),
    /// The values of a statement do not have its shape.
    #[error("statement, {name}: {expected} expected, {found} found")]
    StatementShape {
        /// Entry or list.
        name: String,
        /// What the key states.
        expected: String,
        /// What the bundle holds.
        found: String,
    },
    /// A value lies outside the interval that the model's integer semantics give it.
    #[error("statement, {name}[{index}]: {value} lies outside [{least}, {greatest}]")]
    OutsideInterval {
        /// Tensor.
        name: String,
        /// Row-major index of the element.
        index: usize,
        /// Its value.
        value: i64,
        /// Least value.
        least: i64,
        /// Greatest value.
        greatest: i64,
    },
    /// A challenge fell on one of the few points where the argument is undefined. Happens to no honest proof.
    #[error("a challenge is degenerate ({0}): make the proof again")]
    DegenerateChallenge(&'static str),
    /// The pairing equation does not hold: the proof is false, or not for this statement and key.
    #[error("the proof is invalid: it does not show this statement for this key")]
    PairingFailed,
    /// Some proofs of a batch are not valid.
    #[error("{} of the batch's proofs are invalid (first: number {}, {})", .0.len(), .0.first().map_or(0, |f| f.0), .0.first().map_or_else(String::new, |f| f.1.to_string()))]
    Batch(Vec<(usize, VerifyError)>),
}
