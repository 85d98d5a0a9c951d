//! The JSON forms of heads of a receipt log, and of proofs that one continues another.

use super::head::{LogKey, MAX_LOG_HEAD_BYTES, MAX_ROTATIONS, Rotation, SignedHead};
use crate::error::VerifyError;
use crate::hexadecimal;
use crate::json_limits::{self, Limits};
use crate::problem::{Document, Problem};
use crate::receipt::MAX_PATH;
use crate::size::to_u64;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "hallmark-log-head";
const VERSION: u32 = 1;
const HEX: Problem =
    Problem::BadEncoding("lower-case hexadecimal digits, 64 of a hash or key, 128 of a signature");

impl SignedHead {
    /// Reads the JSON of `GET /v1/receipts/head`.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        json_limits::check(Document::LogHead, bytes, &limits())?;
        let json: JsonHead = serde_json::from_slice(bytes).map_err(|cause| json_error(&cause))?;
        json_limits::check_form(Document::LogHead, (&json.format, FORMAT), (json.version, VERSION))?;
        json.signed
            .head(json.tree_size, hex("root_hash", &json.root_hash)?)
    }

    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = JsonHead {
            format: FORMAT.to_owned(),
            version: VERSION,
            tree_size: self.tree_size,
            root_hash: hexadecimal::encode(&self.root),
            signed: JsonSigned::from(self),
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&json).unwrap_or_default()
    }
}

/// Reads the JSON of `GET /v1/receipts/consistency`: the sizes that it is for, and the path.
///
/// # Errors
/// [`VerifyError::Malformed`].
pub fn parse_consistency(bytes: &[u8]) -> Result<(u64, u64, Vec<[u8; 32]>), VerifyError> {
    json_limits::check(Document::LogHead, bytes, &limits())?;
    let json: JsonConsistency = serde_json::from_slice(bytes).map_err(|cause| json_error(&cause))?;
    if json.path.len() > MAX_PATH {
        let (found, limit) = (to_u64(json.path.len()), to_u64(MAX_PATH));
        return Err(error("path", Problem::TooLarge { found, limit }));
    }
    let path = json.path.iter().map(|text| hex("path", text));
    Ok((json.first, json.second, path.collect::<Result<_, _>>()?))
}

fn limits() -> Limits {
    Limits {
        bytes: MAX_LOG_HEAD_BYTES,
        depth: 3,
        lists: 1,
        commas: MAX_ROTATIONS.saturating_mul(3).saturating_add(32),
        text: json_limits::SHORT_TEXT,
        long_texts: 0,
    }
}

#[derive(Serialize, Deserialize)]
struct JsonHead {
    format: String,
    version: u32,
    tree_size: u64,
    root_hash: String,
    #[serde(flatten)]
    signed: JsonSigned,
}

/// What is beside size and root in the JSON of a signed head.
#[derive(Serialize, Deserialize)]
pub(crate) struct JsonSigned {
    log: String,
    time_ms: u64,
    signature: String,
    #[serde(default)]
    rotations: Vec<JsonRotation>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRotation {
    key: String,
    since_ms: u64,
    signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonConsistency {
    first: u64,
    second: u64,
    path: Vec<String>,
}

impl From<&SignedHead> for JsonSigned {
    fn from(head: &SignedHead) -> Self {
        let rotations = head.rotations.iter().map(|rotation| JsonRotation {
            key: rotation.key.to_string(),
            since_ms: rotation.since_ms,
            signature: hexadecimal::encode(&rotation.signature),
        });
        Self {
            log: head.log.to_string(),
            time_ms: head.time_ms,
            signature: hexadecimal::encode(&head.signature),
            rotations: rotations.collect(),
        }
    }
}

impl JsonSigned {
    /// The signed head of a log of that size and root.
    pub(crate) fn head(self, tree_size: u64, root: [u8; 32]) -> Result<SignedHead, VerifyError> {
        let rotations = self.rotations.into_iter().map(|rotation| {
            Ok(Rotation {
                key: LogKey(hex("rotations.key", &rotation.key)?),
                since_ms: rotation.since_ms,
                signature: hex("rotations.signature", &rotation.signature)?,
            })
        });
        Ok(SignedHead {
            log: LogKey(hex("log", &self.log)?),
            tree_size,
            root,
            time_ms: self.time_ms,
            signature: hex("signature", &self.signature)?,
            rotations: rotations.collect::<Result<_, VerifyError>>()?,
        })
    }
}

fn hex<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], VerifyError> {
    hexadecimal::decode(text).ok_or_else(|| error(field, HEX))
}

fn json_error(cause: &serde_json::Error) -> VerifyError {
    error("JSON", json_limits::problem(cause))
}

fn error(field: &'static str, problem: Problem) -> VerifyError {
    VerifyError::Malformed {
        document: Document::LogHead,
        offset: 0,
        field,
        problem,
    }
}
