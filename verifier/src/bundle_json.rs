//! The JSON form of a bundle, in which unknown and repeated fields are errors, and the choice among both forms.

use crate::bundle::{Bundle, MAX_BUNDLE_BYTES, MAX_PROOF_BYTES, MAX_TENSORS, VERSION, parse_binary};
use crate::codec::Reader;
use crate::curve::scalar_from_bytes;
use crate::error::VerifyError;
use crate::form::Form;
use crate::hexadecimal;
use crate::json_limits::{self, Limits};
use crate::model_id::ModelId;
use crate::problem::{Document, Problem};
use crate::size::{index, to_u64};
use crate::statement::{MAX_LENGTH, StatementValues};
use crate::transcript::TranscriptKind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "hallmark-proof";
const HEX: Problem = Problem::BadEncoding("64 lower-case hexadecimal digits");

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JsonBundle {
    format: String,
    version: u32,
    model_id: String,
    visibility: String,
    transcript: String,
    srs_digest: String,
    nonce: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<Vec<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_commitment: Option<String>,
    outputs: Vec<Vec<i64>>,
    proof: String,
}

impl From<&Bundle> for JsonBundle {
    fn from(bundle: &Bundle) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            model_id: bundle.model_id.to_string(),
            visibility: bundle.form.name().to_owned(),
            transcript: bundle.transcript.name().to_owned(),
            srs_digest: hexadecimal::encode(&bundle.srs_digest),
            nonce: hexadecimal::encode(&bundle.values.nonce),
            inputs: bundle.values.inputs.clone(),
            input_commitment: bundle
                .values
                .input_commitment
                .as_ref()
                .map(|bytes| hexadecimal::encode(bytes)),
            outputs: bundle.values.outputs.clone(),
            proof: STANDARD.encode(&bundle.proof),
        }
    }
}

impl Bundle {
    /// Reads either form; a bundle that begins with `{` or white space is JSON.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] with offset and field.
    pub fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        let reader = Reader::new(Document::Bundle, bytes);
        if bytes.len() > MAX_BUNDLE_BYTES {
            let (found, limit) = (to_u64(bytes.len()), to_u64(MAX_BUNDLE_BYTES));
            return Err(reader.error(0, "size", Problem::TooLarge { found, limit }));
        }
        match bytes.trim_ascii_start().first() {
            Some(b'{') => parse_json(bytes),
            _ => parse_binary(reader),
        }
    }

    /// The readable form.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&JsonBundle::from(self)).unwrap_or_default()
    }
}

fn error(field: &'static str, problem: Problem) -> VerifyError {
    VerifyError::Malformed {
        document: Document::Bundle,
        offset: 0,
        field,
        problem,
    }
}

fn hex(field: &'static str, text: &str) -> Result<[u8; 32], VerifyError> {
    hexadecimal::decode(text).ok_or_else(|| error(field, HEX))
}

/// Byte offset of a one-based line and column.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .fold(column, |sum, line| sum.saturating_add(line.len()))
        .saturating_sub(1)
}

/// What a bundle may have: the limits of the binary form.
pub(crate) fn limits() -> Limits {
    let lists = index(MAX_TENSORS).saturating_mul(2).saturating_add(2);
    Limits {
        bytes: MAX_BUNDLE_BYTES,
        depth: 3,
        lists,
        // Between values, between tensors, between members.
        commas: index(MAX_LENGTH).saturating_add(lists).saturating_add(32),
        text: base64_length(index(MAX_PROOF_BYTES)),
        long_texts: 1,
    }
}

/// Characters of so many bytes in base64.
pub(crate) fn base64_length(bytes: usize) -> usize {
    bytes.div_ceil(3).saturating_mul(4)
}

fn parse_json(bytes: &[u8]) -> Result<Bundle, VerifyError> {
    json_limits::check(Document::Bundle, bytes, &limits())?;
    let json: JsonBundle = serde_json::from_slice(bytes).map_err(|cause| VerifyError::Malformed {
        document: Document::Bundle,
        offset: offset(bytes, cause.line(), cause.column()),
        field: "JSON",
        problem: json_limits::problem(&cause),
    })?;
    convert(json)
}

/// The bundle that a JSON document describes.
pub(crate) fn convert(json: JsonBundle) -> Result<Bundle, VerifyError> {
    json_limits::check_form(Document::Bundle, (&json.format, FORMAT), (json.version, VERSION))?;
    for (field, tensors) in [("inputs", &json.inputs), ("outputs", &json.outputs)] {
        let (found, limit) = (to_u64(tensors.len()), u64::from(MAX_TENSORS));
        if found > limit {
            return Err(error(field, Problem::TooLarge { found, limit }));
        }
    }
    let input_commitment = match json.input_commitment {
        Some(text) => {
            let bytes = hex("input_commitment", &text)?;
            scalar_from_bytes(&bytes)
                .ok_or_else(|| error("input_commitment", Problem::NonCanonicalScalar))?;
            Some(bytes)
        }
        None => None,
    };
    let bundle = Bundle {
        model_id: ModelId(hex("model_id", &json.model_id)?),
        form: Form::from_name(&json.visibility).ok_or_else(|| {
            error(
                "visibility",
                Problem::UnknownForm(format!("{:?}", json.visibility)),
            )
        })?,
        transcript: TranscriptKind::from_name(&json.transcript)
            .ok_or_else(|| error("transcript", Problem::BadEncoding("\"blake2b\" or \"keccak\"")))?,
        srs_digest: hex("srs_digest", &json.srs_digest)?,
        values: StatementValues {
            nonce: hex("nonce", &json.nonce)?,
            inputs: json.inputs,
            input_commitment,
            outputs: json.outputs,
        },
        proof: STANDARD
            .decode(&json.proof)
            .map_err(|_| error("proof", Problem::BadEncoding("canonical base64 with padding")))?,
    };
    let (found, limit) = (to_u64(bundle.proof.len()), u64::from(MAX_PROOF_BYTES));
    if found > limit {
        return Err(error("proof", Problem::TooLarge { found, limit }));
    }
    bundle.check_count().map_err(|problem| error("values", problem))?;
    Ok(bundle)
}
