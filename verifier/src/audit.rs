//! A proof with everything that checks it offline: the verifying key, the entry of the server's receipt log that names
//! it, and the way from that entry to the log's root.

use crate::bundle::{Bundle, MAX_BUNDLE_BYTES};
use crate::bundle_json;
use crate::character::unacceptable_character;
use crate::error::VerifyError;
use crate::hexadecimal;
use crate::json_limits::{self, Limits};
use crate::key::{MAX_KEY_BYTES, VerifyingKey};
use crate::log_head::json::JsonSigned;
use crate::log_head::{HeadError, LogKey, MAX_ROTATIONS, SignedHead};
use crate::model_id::ModelId;
use crate::problem::{Document, Problem};
use crate::receipt::{MAX_PATH, ReceiptError, leaf_hash, verify_inclusion};
use crate::report::Verified;
use crate::verify::{VerifyOptions, verify_with};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const FORMAT: &str = "hallmark-audit";
const VERSION: u32 = 1;
/// Longest audit file: a bundle and a key, the latter in base64, and some room for the rest.
pub const MAX_AUDIT_BYTES: usize = MAX_BUNDLE_BYTES.saturating_add(MAX_KEY_BYTES.saturating_mul(2));

/// Longest entry: a server's have some hundred bytes.
const MAX_ENTRY_BYTES: usize = 1 << 14;

/// A proof, its key, its receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// The proof.
    pub bundle: Bundle,
    /// The verifying key's bytes.
    pub key: Vec<u8>,
    /// The entry's place in the log.
    pub index: u64,
    /// The entry as it was hashed.
    pub entry: String,
    /// How many entries the log had.
    pub tree_size: u64,
    /// The log's root then.
    pub root: [u8; 32],
    /// Hashes from the entry to the root.
    pub path: Vec<[u8; 32]>,
    /// The log's head with its owner's signature, for this size and root. Files of older servers have none.
    pub signed: Option<SignedHead>,
}

/// What the caller knows of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownLog {
    /// Its root: files about another state of it are refused.
    pub root: Option<[u8; 32]>,
    /// The key by which it is named, or a later one: files without a head that it signed are refused.
    pub key: Option<LogKey>,
}

/// Why an audit file does not show what it should.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The key or the proof.
    #[error(transparent)]
    Proof(#[from] VerifyError),
    /// The log.
    #[error("receipt: {0}")]
    Receipt(#[from] ReceiptError),
    /// The entry is in the log but says something else.
    #[error(
        "receipt: the entry's {field} is {found}, expected {expected}: it is the receipt of something else"
    )]
    Entry {
        /// Which member.
        field: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The head's signatures, or whose they are.
    #[error("receipt: {0}")]
    Head(#[from] HeadError),
    /// The caller knows the log's key, and the file has no signed head.
    #[error(
        "receipt: the file has no signed head: ask the server for the audit file again, or check it without a log's key"
    )]
    NotSigned,
    /// The log is another one than the caller knows.
    #[error("receipt: the log's root is {found}, expected {expected}")]
    OtherLog {
        /// In the file.
        found: String,
        /// The caller's.
        expected: String,
    },
}

/// What a valid audit file says beyond the proof's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The entry's place in the log.
    pub index: u64,
    /// The server's name of the job.
    pub job: String,
    /// When the job ended, in milliseconds since the epoch, by the server's clock.
    pub finished_ms: Option<i64>,
    /// How many entries the log had.
    pub tree_size: u64,
    /// The log's root then, in hexadecimal.
    pub root: String,
    /// Whether the root was compared with one that the caller knows.
    pub root_was_expected: bool,
    /// The head's signature, if it has one.
    pub signed: Option<LoggedBy>,
}

/// Who signed the log's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedBy {
    /// The log, by its first key.
    pub log: LogKey,
    /// When, in milliseconds since the epoch, by the server's clock.
    pub time_ms: u64,
    /// Whether the caller named the log's key.
    pub was_expected: bool,
}

impl Logged {
    /// What the receipt shows, and what it does not, one sentence each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "entry {} of a log of {} with root {} names this proof",
            self.index, self.tree_size, self.root
        )];
        if self.root_was_expected {
            lines.push("the root is the one that was expected".to_owned());
        }
        match &self.signed {
            Some(signed) if signed.was_expected => lines.push(format!(
                "the head is signed by the expected log, {}: its owner can be held to it",
                signed.log
            )),
            Some(signed) => lines.push(format!(
                "the head is signed by log {}, which was not compared with one that you know: anybody can make a key",
                signed.log
            )),
            None => {}
        }
        let expected = self.signed.as_ref().is_some_and(|signed| signed.was_expected);
        if !self.root_was_expected && !expected {
            lines.push(
                "the log's head was not compared with one that you know: this only shows that the file is consistent with itself. \
                 Whoever made the file can have made the log"
                    .to_owned(),
            );
        }
        lines
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonAudit<B> {
    format: String,
    version: u32,
    bundle: B,
    verifying_key: String,
    receipt: JsonReceipt,
    inclusion: JsonInclusion,
    head: JsonHead,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonReceipt {
    index: u64,
    entry: String,
    leaf_hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonInclusion {
    tree_size: u64,
    path: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonHead {
    tree_size: u64,
    root_hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed: Option<JsonSigned>,
}

/// What this program reads in an entry; entries may say more.
#[derive(Deserialize)]
struct Entry {
    index: u64,
    job: String,
    state: String,
    model_id: String,
    bundle: String,
    #[serde(default)]
    finished_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Label {
    format: String,
}

fn error(field: &'static str, problem: Problem) -> VerifyError {
    VerifyError::Malformed {
        document: Document::Audit,
        offset: 0,
        field,
        problem,
    }
}

fn json_error(field: &'static str, cause: &serde_json::Error) -> VerifyError {
    error(field, json_limits::problem(cause))
}

/// What an audit file may have: what a bundle may, with the key and the receipt.
fn limits() -> Limits {
    let bundle = bundle_json::limits();
    Limits {
        bytes: MAX_AUDIT_BYTES,
        depth: bundle.depth.saturating_add(2),
        lists: bundle.lists.saturating_add(2),
        commas: bundle
            .commas
            .saturating_add(MAX_PATH)
            .saturating_add(MAX_ROTATIONS.saturating_mul(3))
            .saturating_add(64),
        text: bundle_json::base64_length(MAX_KEY_BYTES),
        // The proof, the key, the entry.
        long_texts: bundle.long_texts.saturating_add(2),
    }
}

fn hash(field: &'static str, text: &str) -> Result<[u8; 32], VerifyError> {
    hexadecimal::decode(text)
        .ok_or_else(|| error(field, Problem::BadEncoding("64 lower-case hexadecimal digits")))
}

impl Audit {
    /// Whether bytes call themselves an audit file.
    #[must_use]
    pub fn is_audit(bytes: &[u8]) -> bool {
        serde_json::from_slice::<Label>(bytes).is_ok_and(|label| label.format == FORMAT)
    }

    /// Reads an audit file. Nothing is checked but its form.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        json_limits::check(Document::Audit, bytes, &limits())?;
        let json: JsonAudit<bundle_json::JsonBundle> =
            serde_json::from_slice(bytes).map_err(|cause| json_error("JSON", &cause))?;
        json_limits::check_form(Document::Audit, (&json.format, FORMAT), (json.version, VERSION))?;
        if json.inclusion.path.len() > MAX_PATH {
            return Err(error(
                "inclusion.path",
                Problem::TooLarge {
                    found: crate::size::to_u64(json.inclusion.path.len()),
                    limit: crate::size::to_u64(MAX_PATH),
                },
            ));
        }
        if json.inclusion.tree_size != json.head.tree_size {
            return Err(error(
                "head.tree_size",
                Problem::BadEncoding("the size in `inclusion`"),
            ));
        }
        let root = hash("head.root_hash", &json.head.root_hash)?;
        let tree_size = json.head.tree_size;
        let audit = Self {
            bundle: bundle_json::convert(json.bundle)?,
            key: STANDARD.decode(&json.verifying_key).map_err(|_| {
                error(
                    "verifying_key",
                    Problem::BadEncoding("canonical base64 with padding"),
                )
            })?,
            index: json.receipt.index,
            entry: json.receipt.entry,
            tree_size,
            root,
            signed: json
                .head
                .signed
                .map(|signed| signed.head(tree_size, root))
                .transpose()?,
            path: json
                .inclusion
                .path
                .iter()
                .map(|text| hash("inclusion.path", text))
                .collect::<Result<_, _>>()?,
        };
        if hash("receipt.leaf_hash", &json.receipt.leaf_hash)? != leaf_hash(audit.entry.as_bytes()) {
            return Err(error(
                "receipt.leaf_hash",
                Problem::BadEncoding("the hash of the entry"),
            ));
        }
        Ok(audit)
    }

    /// The file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = JsonAudit {
            format: FORMAT.to_owned(),
            version: VERSION,
            bundle: bundle_json::JsonBundle::from(&self.bundle),
            verifying_key: STANDARD.encode(&self.key),
            receipt: JsonReceipt {
                index: self.index,
                entry: self.entry.clone(),
                leaf_hash: hexadecimal::encode(&leaf_hash(self.entry.as_bytes())),
            },
            inclusion: JsonInclusion {
                tree_size: self.tree_size,
                path: self.path.iter().map(|node| hexadecimal::encode(node)).collect(),
            },
            head: JsonHead {
                tree_size: self.tree_size,
                root_hash: hexadecimal::encode(&self.root),
                signed: self.signed.as_ref().map(JsonSigned::from),
            },
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// Checks proof and receipt. The caller says which model it expects, and what it knows of the log.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn verify(
        &self,
        expected: &ModelId,
        options: &VerifyOptions,
        known: &KnownLog,
    ) -> Result<(Verified, Logged), AuditError> {
        let key = VerifyingKey::from_bytes_expecting(&self.key, expected)?;
        let verified = verify_with(&key, expected, &self.bundle, options)?;
        Ok((verified, self.verify_receipt(known)?))
    }

    /// Checks that the log has an entry that names this proof.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn verify_receipt(&self, known: &KnownLog) -> Result<Logged, AuditError> {
        let leaf = leaf_hash(self.entry.as_bytes());
        verify_inclusion(&leaf, self.index, self.tree_size, &self.path, &self.root)?;
        if let Some(expected) = known.root.filter(|expected| *expected != self.root) {
            return Err(AuditError::OtherLog {
                found: hexadecimal::encode(&self.root),
                expected: hexadecimal::encode(&expected),
            });
        }
        let signed = self.verify_head(known.key.as_ref())?;
        // What the entry says is shown: it is a stranger's text.
        let limit = crate::size::to_u64(MAX_ENTRY_BYTES);
        let found = crate::size::to_u64(self.entry.len());
        if found > limit {
            return Err(error("receipt.entry", Problem::TooLarge { found, limit }).into());
        }
        let entry: Entry =
            serde_json::from_str(&self.entry).map_err(|cause| json_error("receipt.entry", &cause))?;
        for text in [&entry.job, &entry.state, &entry.model_id, &entry.bundle] {
            if let Some(character) = unacceptable_character(text) {
                let problem = Problem::UnacceptableCharacter(character.into());
                return Err(error("receipt.entry", problem).into());
            }
        }
        let digest: [u8; 32] = Sha256::digest(self.bundle.to_bytes()).into();
        for (field, found, expected) in [
            ("index", entry.index.to_string(), self.index.to_string()),
            ("state", entry.state, "done".to_owned()),
            ("model_id", entry.model_id, self.bundle.model_id.to_string()),
            ("bundle", entry.bundle, hexadecimal::encode(&digest)),
        ] {
            if found != expected {
                return Err(AuditError::Entry {
                    field,
                    found,
                    expected,
                });
            }
        }
        Ok(Logged {
            index: self.index,
            job: entry.job,
            finished_ms: entry.finished_ms,
            tree_size: self.tree_size,
            root: hexadecimal::encode(&self.root),
            root_was_expected: known.root.is_some(),
            signed,
        })
    }

    /// Checks the head's signatures, and that they are those of the log that the caller knows.
    fn verify_head(&self, expected: Option<&LogKey>) -> Result<Option<LoggedBy>, AuditError> {
        let Some(head) = &self.signed else {
            return match expected {
                Some(_) => Err(AuditError::NotSigned),
                None => Ok(None),
            };
        };
        // A caller can put an audit together: what is signed has to be what the entry was found in.
        if (head.tree_size, head.root) != (self.tree_size, self.root) {
            return Err(HeadError::Signature { key: head.key() }.into());
        }
        head.verify()?;
        if let Some(expected) = expected {
            head.is_of(expected)?;
        }
        Ok(Some(LoggedBy {
            log: head.log,
            time_ms: head.time_ms,
            was_expected: expected.is_some(),
        }))
    }
}
