//! The verifying key: everything that says what a model is, in one file whose hash is the model id.

use crate::circuit_key::{CircuitKey, read_circuit, write_circuit};
use crate::codec::{MAX_NAME_BYTES, Reader, Writer};
use crate::error::VerifyError;
use crate::form::Form;
use crate::hexadecimal;
use crate::model_id::ModelId;
use crate::problem::{Document, Problem};
use crate::protocol::ensure;
use crate::protocol_codec::read_list;
use crate::size::to_u64;
use crate::srs::SrsPoints;
use crate::statement::EntryKind;
use crate::transcript::transcript_seed;
use ark_bn254::Fr;

const MAGIC: &[u8; 8] = b"HMKVKEY\0";
const VERSION: u32 = 3;
/// Greatest accepted size of a key file, in bytes.
pub const MAX_KEY_BYTES: usize = 64 << 20;
pub(crate) const MAX_LINE_BYTES: u32 = 1024;
pub(crate) const MAX_LINES: u32 = 1 << 14;

/// What the model's author says about it: claims. They are bound by the model id, but no proof shows them; whoever has the
/// model compiles it again and compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelDescription {
    /// The model's name.
    pub name: String,
    /// Number of weights.
    pub parameters: u64,
    /// Digest of the quantised graph.
    pub graph_digest: [u8; 32],
    /// One line per layer, in words.
    pub layers: Vec<String>,
    /// Bits of activations and weights.
    pub bits: u32,
    /// What the layout was planned for.
    pub target: String,
}

/// A model's verifying key. Always consistent: it can only be made by checking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    srs: SrsPoints,
    model: ModelDescription,
    circuits: Vec<CircuitKey>,
    id: ModelId,
}

impl VerifyingKey {
    /// Puts a key together.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] where a text, count or point could not be stored in a key file, and
    /// [`VerifyError::InconsistentKey`] where parts do not fit together.
    pub fn new(
        srs: SrsPoints,
        model: ModelDescription,
        circuits: Vec<CircuitKey>,
    ) -> Result<Self, VerifyError> {
        // Not stored for each circuit, so not found by reading.
        for circuit in &circuits {
            ensure(
                circuit.graph_digest == model.graph_digest,
                circuit.form.name(),
                || {
                    format!(
                        "the circuit was made for the graph {}, the key is for {}",
                        hexadecimal::encode(&circuit.graph_digest),
                        hexadecimal::encode(&model.graph_digest)
                    )
                },
            )?;
        }
        let key = VerifyingKey {
            srs,
            model,
            circuits,
            id: ModelId([0; 32]),
        };
        // What can be written must be readable: reading is where all checks are.
        Self::from_bytes(&key.to_bytes())
    }

    /// The SRS.
    #[must_use]
    pub fn srs(&self) -> &SrsPoints {
        &self.srs
    }

    /// The description of the model.
    #[must_use]
    pub fn model(&self) -> &ModelDescription {
        &self.model
    }

    /// The circuits, at most one per [`Form`].
    #[must_use]
    pub fn circuits(&self) -> &[CircuitKey] {
        &self.circuits
    }

    /// The circuit for one kind of statement.
    #[must_use]
    pub fn circuit(&self, form: Form) -> Option<&CircuitKey> {
        self.circuits.iter().find(|circuit| circuit.form == form)
    }

    /// The identity of the model: SHA-256 over a domain tag and [`VerifyingKey::to_bytes`].
    #[must_use]
    pub fn model_id(&self) -> ModelId {
        self.id
    }

    /// The scalar that every transcript for one of the key's circuits absorbs first. It binds the proof to the
    /// whole key, so that no part of a key can be chosen after the challenges of a proof.
    #[must_use]
    pub fn transcript_seed(&self, form: Form) -> Fr {
        transcript_seed(&self.id, form)
    }

    /// The canonical encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.raw(MAGIC);
        writer.u32(VERSION);
        writer.point(self.srs.s_g1());
        writer.g2(self.srs.s_g2());
        writer.text(&self.model.name);
        writer.raw(&self.model.parameters.to_le_bytes());
        writer.raw(&self.model.graph_digest);
        writer.size(self.model.layers.len());
        for line in &self.model.layers {
            writer.text(line);
        }
        writer.u32(self.model.bits);
        writer.text(&self.model.target);
        writer.size(self.circuits.len());
        for circuit in &self.circuits {
            write_circuit(circuit, &mut writer);
        }
        writer.bytes
    }

    /// Reads a key file. Accepts exactly the bytes that [`VerifyingKey::to_bytes`] makes.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] with offset and field, [`VerifyError::InconsistentKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VerifyError> {
        check_size(bytes)?;
        let mut reader = Reader::new(Document::Key, bytes);
        reader.magic(MAGIC, VERSION)?;
        let srs_offset = reader.offset();
        let (s_g1, s_g2) = (reader.finite_point("SRS s·g1")?, reader.g2("SRS s·g2")?);
        let model = ModelDescription {
            name: reader.text("model name", MAX_NAME_BYTES)?,
            parameters: reader.u64("parameters")?,
            graph_digest: reader.array("graph digest")?,
            layers: read_list(&mut reader, "layers", MAX_LINES, 4, |r| {
                r.text("layer", MAX_LINE_BYTES)
            })?,
            bits: reader.u32("bits")?,
            target: reader.text("target", MAX_NAME_BYTES)?,
        };
        let most = u32::try_from(Form::ALL.len()).unwrap_or(u32::MAX);
        let circuits = read_list(&mut reader, "circuits", most, 1, |reader| {
            read_circuit(reader, model.graph_digest)
        })?;
        reader.finish()?;
        let tags: Vec<u8> = circuits.iter().map(|circuit| circuit.form.tag()).collect();
        ensure(
            !tags.is_empty() && tags.is_sorted_by(|a, b| a < b),
            "circuits",
            || "there is none, or they are not in order of visibility, one each".to_owned(),
        )?;
        check_one_model(&circuits)?;
        // Last, because it takes pairings.
        let srs = SrsPoints::of_subgroup(s_g1, s_g2).map_err(|problem| VerifyError::Malformed {
            document: Document::Key,
            offset: srs_offset,
            field: "SRS",
            problem,
        })?;
        Ok(VerifyingKey {
            srs,
            model,
            circuits,
            id: ModelId::of_key(bytes),
        })
    }

    /// [`VerifyingKey::from_bytes`] for callers that know which model they expect: bytes that are not its key are refused by
    /// their hash, before anything in them is read.
    ///
    /// # Errors
    /// [`VerifyError::WrongKey`], and those of [`VerifyingKey::from_bytes`].
    pub fn from_bytes_expecting(bytes: &[u8], expected: &ModelId) -> Result<Self, VerifyError> {
        check_size(bytes)?;
        let found = ModelId::of_key(bytes);
        match found == *expected {
            true => Self::from_bytes(bytes),
            false => Err(VerifyError::WrongKey {
                expected: *expected,
                found,
            }),
        }
    }
}

fn check_size(bytes: &[u8]) -> Result<(), VerifyError> {
    if bytes.len() <= MAX_KEY_BYTES {
        return Ok(());
    }
    let (found, limit) = (to_u64(bytes.len()), to_u64(MAX_KEY_BYTES));
    Err(Reader::new(Document::Key, bytes).error(0, "size", Problem::TooLarge { found, limit }))
}

/// All circuits give the same tensors, and take the same ones where they are in the clear; a batch several of each. Circuits of
/// different models may still agree in that: what a key cannot show, compiling again does.
fn check_one_model(circuits: &[CircuitKey]) -> Result<(), VerifyError> {
    let tensors = |circuit: &CircuitKey, kind| -> Vec<_> {
        let entries = circuit.statement.of_kind(kind);
        entries
            .map(|entry| {
                (
                    entry.name.clone(),
                    circuit.shape_of_one(entry),
                    entry.element,
                    entry.interval,
                )
            })
            .collect()
    };
    let Some(first) = circuits.first() else {
        return Ok(());
    };
    for other in circuits.iter().skip(1) {
        for kind in [EntryKind::Input, EntryKind::Output] {
            let hidden = |circuit: &CircuitKey| circuit.form.inputs().are_committed();
            if kind == EntryKind::Input && (hidden(first) || hidden(other)) {
                continue;
            }
            ensure(
                tensors(first, kind) == tensors(other, kind),
                other.form.name(),
                || {
                    format!(
                        "its tensors are not those of the circuit for {}: they are circuits of different models",
                        first.form
                    )
                },
            )?;
        }
    }
    Ok(())
}
