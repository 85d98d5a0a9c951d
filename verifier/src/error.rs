//! Everything that can be wrong with a key, a bundle or a proof.

use crate::key::ModelId;

/// Which kind of bytes a decode error speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A verifying-key file.
    Key,
    /// A proof bundle.
    Bundle,
    /// The proof inside a bundle.
    Proof,
    /// An audit file.
    Audit,
    /// A signed head of a receipt log, or a proof of consistency.
    LogHead,
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Document::Key => "verifying key",
            Document::Bundle => "proof bundle",
            Document::Proof => "proof",
            Document::Audit => "audit file",
            Document::LogHead => "log head",
        })
    }
}

/// What is wrong with the bytes at one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes end too early.
    #[error("{needed} more bytes expected, {left} left: the data is truncated")]
    Truncated {
        /// Bytes the field takes.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// Bytes are left over after the last field.
    #[error("{0} bytes follow the end: the data was extended or belongs to another key")]
    TrailingBytes(usize),
    /// A size or count is above its limit.
    #[error("{found} is more than the limit of {limit}")]
    TooLarge {
        /// Size or count found.
        found: u64,
        /// Greatest accepted one.
        limit: u64,
    },
    /// The first bytes are those of no format of this kind.
    #[error("not a Hallmark file of this kind")]
    BadMagic,
    /// The format version is not supported.
    #[error(
        "version {found} is not supported (this program reads version {supported}): update it, or make the file again"
    )]
    UnsupportedVersion {
        /// Version found.
        found: u32,
        /// Version this crate reads.
        supported: u32,
    },
    /// A tag has no meaning here.
    #[error("unknown tag {0}")]
    UnknownTag(u8),
    /// A form of statement for which there are no circuits: its tag or name.
    #[error("{0} is no kind of statement that can be proven; there are {names}", names = crate::form::Form::names())]
    UnknownForm(String),
    /// A scalar is not less than the field's order.
    #[error("scalar is not less than the order of the field: non-canonical encoding")]
    NonCanonicalScalar,
    /// A coordinate is not less than the base field's order, or flag bits contradict it.
    #[error("point has a non-canonical encoding")]
    NonCanonicalPoint,
    /// The coordinates are those of no point of the curve.
    #[error("point does not lie on the curve")]
    OffCurve,
    /// A point of the second group lies outside the subgroup of prime order.
    #[error("point does not lie in the subgroup of prime order")]
    WrongSubgroup,
    /// A point at infinity where none can be.
    #[error("point at infinity")]
    PointAtInfinity,
    /// A secret without which nothing is committed to.
    #[error("its secret is 1 or −1: no contribution was ever made to it")]
    TrivialSecret,
    /// Multiples of the two generators by different secrets.
    #[error("its points are not multiples by one secret: e(s·g1, g2) is not e(g1, s·g2)")]
    TwoSecrets,
    /// Text is not UTF-8.
    #[error("text is not UTF-8")]
    BadText,
    /// A character that cannot be seen, or that changes how others are shown: names that look alike would not be alike.
    #[error(
        "text has the character U+{0:04X}, which is invisible or changes how other characters are shown: name it without"
    )]
    UnacceptableCharacter(u32),
    /// JSON that cannot be read.
    #[error("{0}")]
    Json(String),
    /// Hexadecimal or base64 text that cannot be read.
    #[error("expected {0}")]
    BadEncoding(&'static str),
}

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
        form: crate::form::Form,
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
    NoSuchCircuit(crate::form::Form),
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
