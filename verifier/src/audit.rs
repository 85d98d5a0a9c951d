//! A proof with everything that checks it offline: the verifying key, the entry of the server's receipt log that names
//! it, and the way from that entry to the log's root.

use crate::bundle::{Bundle, MAX_BUNDLE_BYTES};
use crate::bundle_json;
use crate::error::{Document, Problem, VerifyError};
use crate::hexadecimal;
use crate::json_limits::{self, Limits};
use crate::key::{MAX_KEY_BYTES, ModelId, VerifyingKey};
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
        depth: bundle.depth.saturating_add(1),
        lists: bundle.lists.saturating_add(1),
        commas: bundle.commas.saturating_add(MAX_PATH).saturating_add(32),
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
        if json.format != FORMAT {
            return Err(error("format", Problem::BadMagic));
        }
        if json.version != VERSION {
            return Err(error(
                "version",
                Problem::UnsupportedVersion {
                    found: json.version,
                    supported: VERSION,
                },
            ));
        }
        if json.inclusion.path.len() > MAX_PATH {
            return Err(error(
                "inclusion.path",
                Problem::TooLarge {
                    found: crate::key::to_u64(json.inclusion.path.len()),
                    limit: crate::key::to_u64(MAX_PATH),
                },
            ));
        }
        if json.inclusion.tree_size != json.head.tree_size {
            return Err(error(
                "head.tree_size",
                Problem::BadEncoding("the size in `inclusion`"),
            ));
        }
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
            tree_size: json.inclusion.tree_size,
            root: hash("head.root_hash", &json.head.root_hash)?,
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
            },
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// Checks proof and receipt. The caller says which model it expects, and, if it knows one, the log's root.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn verify(
        &self,
        expected: &ModelId,
        options: &VerifyOptions,
        root: Option<&[u8; 32]>,
    ) -> Result<(Verified, Logged), AuditError> {
        let key = VerifyingKey::from_bytes_expecting(&self.key, expected)?;
        let verified = verify_with(&key, expected, &self.bundle, options)?;
        Ok((verified, self.verify_receipt(root)?))
    }

    /// Checks that the log has an entry that names this proof.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn verify_receipt(&self, root: Option<&[u8; 32]>) -> Result<Logged, AuditError> {
        let leaf = leaf_hash(self.entry.as_bytes());
        verify_inclusion(&leaf, self.index, self.tree_size, &self.path, &self.root)?;
        if let Some(expected) = root.filter(|expected| **expected != self.root) {
            return Err(AuditError::OtherLog {
                found: hexadecimal::encode(&self.root),
                expected: hexadecimal::encode(expected),
            });
        }
        let entry: Entry =
            serde_json::from_str(&self.entry).map_err(|cause| json_error("receipt.entry", &cause))?;
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
        })
    }
}
