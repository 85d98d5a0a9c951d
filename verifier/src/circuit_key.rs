//! A circuit in a key: what it shows, where that lies in its columns, and its protocol; and these as bytes.

use crate::codec::{MAX_NAME_BYTES, Reader, Writer};
use crate::element::ElementKind;
use crate::error::VerifyError;
use crate::form::{Executions, Form};
use crate::problem::Problem;
use crate::protocol::{MAX_COLUMNS, Protocol, ensure};
use crate::protocol_codec::{self, read_list};
use crate::size::index;
use crate::statement::{Entry, EntryKind, MAX_LENGTH, Statement};
use crate::work::Work;

/// Most parts of a statement: the nonce, inputs (or their commitment) and outputs.
pub const MAX_ENTRIES: u32 = 1 << 10;
const MAX_RANK: u32 = 16;

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
        columns: reader.size("statement columns", MAX_COLUMNS)?,
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
