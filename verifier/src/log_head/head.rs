//! A signed head: what its signatures show, and why one is refused.

use crate::hexadecimal;
use crate::problem::Problem;
use crate::receipt::ReceiptError;
use ed25519_dalek::{Signature, VerifyingKey};

const HEAD_DOMAIN: &[u8] = b"hallmark log head v1\0";
const ROTATION_DOMAIN: &[u8] = b"hallmark log key v1\0";
/// Longest file with a head, or with a proof of consistency, in bytes.
pub const MAX_LOG_HEAD_BYTES: usize = 1 << 18;
/// Most changes of key that a head can carry.
pub const MAX_ROTATIONS: usize = 256;
/// How much later than its log's state, or than the time at which its key was replaced, a head may be signed: servers on one store
/// answer side by side.
pub(super) const TOLERANCE_MS: u64 = 600_000;

/// An Ed25519 key under which heads are signed. The first one of a log is the log's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogKey(pub [u8; 32]);

impl std::fmt::Display for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hexadecimal::encode(&self.0))
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogKey({self})")
    }
}

impl std::str::FromStr for LogKey {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        hexadecimal::decode(text)
            .map(LogKey)
            .ok_or(Problem::BadEncoding("64 lower-case hexadecimal digits"))
    }
}

/// A key that replaced another, signed by that other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The new key.
    pub key: LogKey,
    /// From when on it signs, in milliseconds since the epoch, by the server's clock.
    pub since_ms: u64,
    /// The old key's signature.
    pub signature: [u8; 64],
}

/// A head as its log's owner signed it. Nothing in it is checked before [`SignedHead::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// The log.
    pub log: LogKey,
    /// How many entries it had.
    pub tree_size: u64,
    /// Its root.
    pub root: [u8; 32],
    /// When, in milliseconds since the epoch, by the server's clock.
    pub time_ms: u64,
    /// The signature, by the last key of `rotations`, or by the log's first key.
    pub signature: [u8; 64],
    /// The log's keys after the first one, in order.
    pub rotations: Vec<Rotation>,
}

/// Why heads do not show what they should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// The head is not signed by the key that it names.
    #[error("the head's signature is not that of key {key}: the head was changed, or is not this log's")]
    Signature {
        /// The key that should have signed.
        key: LogKey,
    },
    /// A key is not signed by the one before it.
    #[error("key {key} of the log is not signed by the key before it: it is not this log's")]
    Rotation {
        /// The key.
        key: LogKey,
    },
    /// Too many keys.
    #[error("the head names {0} changes of key, at most {limit} are accepted", limit = MAX_ROTATIONS)]
    Rotations(usize),
    /// The head is another log's.
    #[error("the head is of log {found}, and {expected} is not among its keys")]
    OtherLog {
        /// The log in the file.
        found: LogKey,
        /// The caller's.
        expected: LogKey,
    },
    /// A head from before its key.
    #[error(
        "the head is said to be signed at {time_ms}, in milliseconds since the epoch, and key {key}, which signed it, at {since_ms}, \
         which is later: it is refused"
    )]
    BeforeKey {
        /// The key that signed.
        key: LogKey,
        /// When the head says that it was signed.
        time_ms: u64,
        /// From when on the key signs.
        since_ms: u64,
    },
    /// A key that signed after it was replaced.
    #[error(
        "key {key} signed the head at {time_ms}, in milliseconds since the epoch, but was replaced at {since_ms}, as the other head \
         shows: whoever signed it used a key that signs no more, perhaps a stolen one. It is refused"
    )]
    Retired {
        /// The replaced key.
        key: LogKey,
        /// When the head was signed.
        time_ms: u64,
        /// When the key was replaced.
        since_ms: u64,
    },
    /// One key that handed over twice.
    #[error(
        "key {key} handed the log over twice, to {one} and to {other}, or at two times, both signed by it: these two heads are evidence \
         that two use it, its owner and whoever stole it, or that its owner keeps two logs under one name. Keep both files"
    )]
    TwoSuccessors {
        /// The key.
        key: LogKey,
        /// The key after it, in one head.
        one: LogKey,
        /// The one in the other head.
        other: LogKey,
    },
    /// A head that should be the later one, and goes back.
    #[error(
        "the new head goes back behind the old one: {new} entries signed at {new_ms} after {old} signed at {old_ms}, in milliseconds \
         since the epoch. Who answers with it replays an old head, or lost entries. Ask the server again, and keep both files; if they \
         were named in the wrong order, exchange them"
    )]
    RolledBack {
        /// Number of entries of the old head.
        old: u64,
        /// When it was signed.
        old_ms: u64,
        /// Number of entries of the new head.
        new: u64,
        /// When it was signed.
        new_ms: u64,
    },
    /// Two roots for one size.
    #[error(
        "the log had two roots with {size} entries, {one} and {other}, both signed by it: these two heads are evidence that its \
         owner showed different logs to different people, or changed entries. Keep both files"
    )]
    Forked {
        /// Number of entries.
        size: u64,
        /// One root, hexadecimal.
        one: String,
        /// The other.
        other: String,
    },
    /// A later head of fewer entries.
    #[error(
        "the later head has {later} entries, the earlier one {earlier}, both signed by the log: these two heads are evidence that \
         entries were removed. Keep both files"
    )]
    Shrunk {
        /// Number of entries of the head with the earlier time.
        earlier: u64,
        /// Number of entries of the head with the later time.
        later: u64,
    },
    /// Sizes differ, and nothing shows that one log continues the other.
    #[error(
        "that {second} entries begin with the {first} takes a proof: GET /v1/receipts/consistency?first={first}&second={second} of \
         the server that keeps the log"
    )]
    ProofNeeded {
        /// Number of entries of the smaller head.
        first: u64,
        /// Number of entries of the larger head.
        second: u64,
    },
    /// The proof does not lead from one head to the other.
    #[error("the proof of consistency: {0}")]
    Proof(#[from] ReceiptError),
}

impl SignedHead {
    /// The key that signs the head.
    #[must_use]
    pub fn key(&self) -> LogKey {
        self.rotations.last().map_or(self.log, |rotation| rotation.key)
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let mut message = HEAD_DOMAIN.to_vec();
        message.extend(self.log.0);
        message.extend(self.tree_size.to_le_bytes());
        message.extend(self.root);
        message.extend(self.time_ms.to_le_bytes());
        message
    }

    /// Checks all signatures: that whoever has, or once had, the log's keys said this. Whose log it is, the caller has to know, see
    /// [`SignedHead::is_of`].
    ///
    /// # Errors
    /// [`HeadError::Signature`], [`HeadError::Rotation`], [`HeadError::Rotations`], [`HeadError::BeforeKey`].
    pub fn verify(&self) -> Result<(), HeadError> {
        if self.rotations.len() > MAX_ROTATIONS {
            return Err(HeadError::Rotations(self.rotations.len()));
        }
        let mut current = self.log;
        for (number, rotation) in (1u64..).zip(&self.rotations) {
            let message = rotation_message(&self.log, number, &current, &rotation.key, rotation.since_ms);
            if !is_signed(&current, &message, &rotation.signature) {
                return Err(HeadError::Rotation { key: rotation.key });
            }
            current = rotation.key;
        }
        if !is_signed(&current, &self.message(), &self.signature) {
            return Err(HeadError::Signature { key: current });
        }
        let since_ms = self.rotations.last().map_or(0, |rotation| rotation.since_ms);
        match since_ms.saturating_sub(self.time_ms) > TOLERANCE_MS {
            true => Err(HeadError::BeforeKey {
                key: current,
                time_ms: self.time_ms,
                since_ms,
            }),
            false => Ok(()),
        }
    }

    /// Whether the caller's key is the log's first one, by which it is named, or one that followed. A caller who gives the newest
    /// key that it knows accepts no head that an older one signed.
    ///
    /// # Errors
    /// [`HeadError::OtherLog`].
    pub fn is_of(&self, expected: &LogKey) -> Result<(), HeadError> {
        let mut keys = self.rotations.iter().map(|rotation| rotation.key);
        match self.log == *expected || keys.any(|key| key == *expected) {
            true => Ok(()),
            false => Err(HeadError::OtherLog {
                found: self.log,
                expected: *expected,
            }),
        }
    }
}

/// The bytes with which a log's key signs the next one; the first that follows has number 1.
#[must_use]
pub fn rotation_message(log: &LogKey, number: u64, old: &LogKey, new: &LogKey, since_ms: u64) -> Vec<u8> {
    let mut message = ROTATION_DOMAIN.to_vec();
    message.extend(log.0);
    message.extend(number.to_le_bytes());
    message.extend(old.0);
    message.extend(new.0);
    message.extend(since_ms.to_le_bytes());
    message
}

fn is_signed(key: &LogKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_bytes(&key.0);
    key.is_ok_and(|key| {
        key.verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    })
}
