//! The verifying key: everything that says what a model is, in one file whose hash is the model id.

use crate::codec::{MAX_NAME_BYTES, Reader, Writer, index};
use crate::element::ElementKind;
use crate::error::{Document, Problem, VerifyError};
use crate::form::{Executions, Form};
use crate::hexadecimal;
use crate::protocol::{Protocol, ensure};
use crate::protocol_codec::{self, read_list};
use crate::srs::SrsPoints;
use crate::statement::{Entry, EntryKind, MAX_LENGTH, Statement};
use crate::transcript::transcript_seed;
use crate::work::Work;
use ark_bn254::Fr;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"HMKVKEY\0";
const VERSION: u32 = 3;
const ID_DOMAIN: &[u8] = b"hallmark model id v1\0";
/// Greatest accepted size of a key file, in bytes.
pub const MAX_KEY_BYTES: usize = 64 << 20;
pub(crate) const MAX_LINE_BYTES: u32 = 1024;
pub(crate) const MAX_LINES: u32 = 1 << 14;
/// Most parts of a statement: the nonce, inputs (or their commitment) and outputs.
pub const MAX_ENTRIES: u32 = 1 << 10;
const MAX_RANK: u32 = 16;

/// A model's identity: SHA-256 over its whole verifying key, and with it a commitment to weights, arithmetic,
/// layout, statement and SRS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(pub [u8; 32]);

impl ModelId {
    /// The id of the model whose verifying key these bytes are. Nothing in them is read.
    #[must_use]
    pub fn of_key(bytes: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(ID_DOMAIN).chain_update(bytes);
        Self(hash.finalize().into())
    }
}

impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hexadecimal::encode(&self.0))
    }
}

impl std::fmt::Debug for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ModelId({self})")
    }
}

impl std::str::FromStr for ModelId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        hexadecimal::decode(text)
            .map(ModelId)
            .ok_or(Problem::BadEncoding("64 lower-case hexadecimal digits"))
    }
}

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

/// A circuit of the model with the statement that it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircuitKey {
    /// What it shows.
    pub form: Form,
    /// Digest of the quantised graph that it was made for, by its maker's account. All circuits of a key name the one of the
    /// key's description, with which it is stored.
    pub graph_digest: [u8; 32],
    /// What lies where in its instance columns.
    pub statement: Statement,
    /// The circuit.
    pub protocol: Protocol,
}

impl CircuitKey {
    /// Executions of the model that one proof shows.
    #[must_use]
    pub fn executions(&self) -> usize {
        let first = self.statement.of_kind(EntryKind::Output).next();
        match self.form.executions() {
            Executions::One => 1,
            Executions::Several => first.and_then(|entry| entry.shape.first()).copied().unwrap_or(1),
        }
    }

    /// The shape that a tensor of the statement has in one execution.
    #[must_use]
    pub fn shape_of_one(&self, entry: &Entry) -> Vec<usize> {
        match (self.form.executions(), entry.shape.as_slice()) {
            (Executions::Several, [_, rest @ ..]) => [&[1], rest].concat(),
            (_, shape) => shape.to_vec(),
        }
    }

    /// Steps that checking a proof takes, at most [`crate::MAX_WORK`]; a step takes about as long as a multiplication in the
    /// field. For callers with less time than that.
    #[must_use]
    pub fn work(&self) -> u64 {
        Work::of(&self.protocol, self.statement.rows()).steps()
    }

    /// Every tensor of a batch has as many parts as there are executions.
    fn check_batch(&self) -> Result<(), VerifyError> {
        let executions = self.executions();
        let tensors = |kind| self.statement.of_kind(kind);
        let entries = tensors(EntryKind::Input).chain(tensors(EntryKind::Output));
        for entry in entries.filter(|_| self.form.executions().are_several()) {
            ensure(
                executions > 0 && entry.shape.first() == Some(&executions),
                &entry.name,
                || {
                    format!(
                        "shape {:?} does not begin with {executions} executions",
                        entry.shape
                    )
                },
            )?;
        }
        Ok(())
    }
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

pub(crate) fn to_u64(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
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

pub(crate) fn write_circuit(circuit: &CircuitKey, writer: &mut Writer) {
    writer.u8(circuit.form.tag());
    write_statement(&circuit.statement, writer);
    protocol_codec::write(&circuit.protocol, writer);
}

pub(crate) fn read_circuit(
    reader: &mut Reader<'_>,
    graph_digest: [u8; 32],
) -> Result<CircuitKey, VerifyError> {
    let form = Form::read(reader)?;
    let statement = read_statement(reader)?;
    statement.validate(form.inputs())?;
    let protocol = protocol_codec::read(reader)?;
    ensure(
        statement.columns == protocol.instance_columns,
        "statement",
        || {
            format!(
                "{} columns, the circuit has {}",
                statement.columns, protocol.instance_columns
            )
        },
    )?;
    ensure(statement.rows() <= protocol.usable_rows(), "statement", || {
        format!(
            "{} rows, the circuit has {} usable ones",
            statement.rows(),
            protocol.usable_rows()
        )
    })?;
    Work::of(&protocol, statement.rows()).check(form)?;
    let circuit = CircuitKey {
        form,
        graph_digest,
        statement,
        protocol,
    };
    circuit.check_batch()?;
    Ok(circuit)
}

fn write_statement(statement: &Statement, writer: &mut Writer) {
    writer.size(statement.columns);
    writer.size(statement.length);
    writer.size(statement.entries.len());
    for entry in &statement.entries {
        writer.u8(match entry.kind {
            EntryKind::Nonce => 0,
            EntryKind::Input => 1,
            EntryKind::InputCommitment => 2,
            EntryKind::Output => 3,
        });
        writer.text(&entry.name);
        writer.size(entry.shape.len());
        for axis in &entry.shape {
            writer.size(*axis);
        }
        entry.element.write(writer);
        writer.raw(&entry.interval.0.to_le_bytes());
        writer.raw(&entry.interval.1.to_le_bytes());
        writer.size(entry.first);
    }
}

fn read_statement(reader: &mut Reader<'_>) -> Result<Statement, VerifyError> {
    Ok(Statement {
        columns: reader.size("statement columns", crate::protocol::MAX_COLUMNS)?,
        length: reader.size("statement length", MAX_LENGTH)?,
        entries: read_list(reader, "statement entries", MAX_ENTRIES, 33, read_entry)?,
    })
}

fn read_entry(reader: &mut Reader<'_>) -> Result<Entry, VerifyError> {
    let kind = match reader.u8("entry kind")? {
        0 => EntryKind::Nonce,
        1 => EntryKind::Input,
        2 => EntryKind::InputCommitment,
        3 => EntryKind::Output,
        tag => return Err(reader.error(1, "entry kind", Problem::UnknownTag(tag))),
    };
    Ok(Entry {
        kind,
        name: reader.text("entry name", MAX_NAME_BYTES)?,
        shape: read_list(reader, "entry shape", MAX_RANK, 4, |r| Ok(index(r.u32("axis")?)))?,
        element: ElementKind::read(reader)?,
        interval: (reader.i64("entry interval")?, reader.i64("entry interval")?),
        first: reader.size("entry position", MAX_LENGTH)?,
    })
}
