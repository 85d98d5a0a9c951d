//! The proof bundle: one proof with the values that it speaks about. Two forms, JSON and compact binary.

use crate::codec::{Reader, Writer};
use crate::error::VerifyError;
use crate::form::Form;
use crate::model_id::ModelId;
use crate::problem::{Document, Problem};
use crate::protocol_codec::read_list;
use crate::size::to_u64;
use crate::statement::{MAX_LENGTH, StatementValues};
use crate::transcript::TranscriptKind;

const MAGIC: &[u8; 8] = b"HMKPROOF";
pub(crate) const VERSION: u32 = 2;
/// Greatest accepted size of a bundle, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 64 << 20;
pub(crate) const MAX_TENSORS: u32 = 1 << 10;
pub(crate) const MAX_PROOF_BYTES: u32 = 4 << 20;

/// One proof with all that a reader needs besides the verifying key. Nothing in it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The model that it claims to be for.
    pub model_id: ModelId,
    /// What it shows, and so which of the key's circuits it is for.
    pub form: Form,
    /// How challenges are derived.
    pub transcript: TranscriptKind,
    /// Digest of the SRS that it claims to be made with, which is compared with the key's.
    pub srs_digest: [u8; 32],
    /// The statement.
    pub values: StatementValues,
    /// The proof: points and scalars in the transcript's encoding.
    pub proof: Vec<u8>,
}

impl Bundle {
    /// The compact form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.raw(MAGIC);
        writer.u32(VERSION);
        writer.raw(&self.model_id.0);
        writer.u8(self.form.tag());
        writer.u8(self.transcript.tag());
        writer.raw(&self.srs_digest);
        writer.raw(&self.values.nonce);
        writer.u8(u8::from(self.values.input_commitment.is_some()));
        if let Some(commitment) = &self.values.input_commitment {
            writer.raw(commitment);
        }
        for tensors in [&self.values.inputs, &self.values.outputs] {
            writer.size(tensors.len());
            for tensor in tensors {
                writer.size(tensor.len());
                for value in tensor {
                    writer.raw(&value.to_le_bytes());
                }
            }
        }
        writer.size(self.proof.len());
        writer.raw(&self.proof);
        writer.bytes
    }

    /// All tensors together have no more values than a statement can.
    pub(crate) fn check_count(&self) -> Result<(), Problem> {
        let tensors = self.values.inputs.iter().chain(&self.values.outputs);
        let found = tensors.fold(0u64, |sum, tensor| sum.saturating_add(to_u64(tensor.len())));
        let limit = u64::from(MAX_LENGTH);
        match found <= limit {
            true => Ok(()),
            false => Err(Problem::TooLarge { found, limit }),
        }
    }
}

/// Reads the compact form.
pub(crate) fn parse_binary(mut reader: Reader<'_>) -> Result<Bundle, VerifyError> {
    reader.magic(MAGIC, VERSION)?;
    let model_id = ModelId(reader.array("model id")?);
    let form = Form::read(&mut reader)?;
    let tag = reader.u8("transcript")?;
    let transcript = TranscriptKind::from_tag(tag)
        .ok_or_else(|| reader.error(1, "transcript", Problem::UnknownTag(tag)))?;
    let srs_digest = reader.array("SRS digest")?;
    let nonce = reader.array("nonce")?;
    let input_commitment = match reader.boolean("input commitment flag")? {
        true => {
            let bytes = reader.array("input commitment")?;
            if crate::curve::scalar_from_bytes(&bytes).is_none() {
                return Err(reader.error(32, "input commitment", Problem::NonCanonicalScalar));
            }
            Some(bytes)
        }
        false => None,
    };
    let inputs = read_list(&mut reader, "inputs", MAX_TENSORS, 4, |r| read_values(r, "input"))?;
    let outputs = read_list(&mut reader, "outputs", MAX_TENSORS, 4, |r| {
        read_values(r, "output")
    })?;
    let length = reader.count("proof", MAX_PROOF_BYTES, 1)?;
    let proof = reader.take(length, "proof")?.to_vec();
    reader.finish()?;
    let values = StatementValues {
        nonce,
        inputs,
        input_commitment,
        outputs,
    };
    let bundle = Bundle {
        model_id,
        form,
        transcript,
        srs_digest,
        values,
        proof,
    };
    bundle.check_count().map_err(|problem| VerifyError::Malformed {
        document: Document::Bundle,
        offset: 0,
        field: "values",
        problem,
    })?;
    Ok(bundle)
}

fn read_values(reader: &mut Reader<'_>, field: &'static str) -> Result<Vec<i64>, VerifyError> {
    read_list(reader, field, MAX_LENGTH, 8, |reader| reader.i64(field))
}
