//! What a key can hold, said before a key is made: with the name of what it cannot hold, where reading a key only has an offset.

use crate::circuit_key::{CircuitKey, MAX_ENTRIES, read_circuit, write_circuit};
use crate::codec::{MAX_NAME_BYTES, Reader, Writer, name_problem};
use crate::error::VerifyError;
use crate::key::{MAX_KEY_BYTES, MAX_LINE_BYTES, MAX_LINES, ModelDescription};
use crate::problem::{Document, Problem};
use crate::size::{index, to_u64};
use crate::statement::{EntryKind, Statement};

/// Longest part of a name that a message repeats, in characters.
const SHOWN: usize = 60;

/// The error about a name that a key cannot hold, `None` if it can; `what` it is the name of.
fn unwritable_name(what: &str, name: &str) -> Option<VerifyError> {
    let problem = name_problem(name, MAX_NAME_BYTES)?;
    Some(unwritable(format!("the {what} {}", shown(name)), problem))
}

fn unwritable(place: impl Into<String>, problem: Problem) -> VerifyError {
    VerifyError::Unwritable {
        place: place.into(),
        problem,
    }
}

fn at_most(place: &str, found: usize, limit: u32) -> Result<(), VerifyError> {
    match found <= index(limit) {
        true => Ok(()),
        false => {
            let (found, limit) = (to_u64(found), limit.into());
            Err(unwritable(place, Problem::TooLarge { found, limit }))
        }
    }
}

/// The beginning of a name, with escapes.
fn shown(name: &str) -> String {
    let start: String = name.chars().take(SHOWN).collect();
    match start.len() == name.len() {
        true => format!("{start:?}"),
        false => format!("{start:?}…"),
    }
}

impl ModelDescription {
    /// Checks that a key can hold the description.
    ///
    /// # Errors
    /// [`VerifyError::Unwritable`] naming what it cannot hold.
    pub fn check_writable(&self) -> Result<(), VerifyError> {
        let names = [("model's name", &self.name), ("target", &self.target)];
        if let Some(error) = names.iter().find_map(|(what, name)| unwritable_name(what, name)) {
            return Err(error);
        }
        at_most("number of layers", self.layers.len(), MAX_LINES)?;
        for line in &self.layers {
            if let Some(problem) = name_problem(line, MAX_LINE_BYTES) {
                return Err(unwritable(format!("the layer {}", shown(line)), problem));
            }
        }
        Ok(())
    }
}

impl Statement {
    /// Checks that a key can hold the names of inputs and outputs, and that there are not too many of them.
    ///
    /// # Errors
    /// [`VerifyError::Unwritable`] naming what it cannot hold.
    pub fn check_writable(&self) -> Result<(), VerifyError> {
        at_most("number of inputs and outputs", self.entries.len(), MAX_ENTRIES)?;
        for entry in &self.entries {
            let what = match entry.kind {
                EntryKind::Nonce | EntryKind::InputCommitment => "part of the statement",
                EntryKind::Input => "input",
                EntryKind::Output => "output",
            };
            unwritable_name(what, &entry.name).map_or(Ok(()), Err)?;
        }
        Ok(())
    }
}

impl CircuitKey {
    /// Checks that a key can hold the circuit: names, counts, sizes, and whatever else reading a key checks.
    ///
    /// # Errors
    /// [`VerifyError::Unwritable`] naming what it cannot hold, [`VerifyError::Malformed`] and [`VerifyError::InconsistentKey`].
    pub fn check_writable(&self) -> Result<(), VerifyError> {
        self.statement.check_writable()?;
        let mut writer = Writer::default();
        write_circuit(self, &mut writer);
        let bytes = writer.bytes.len();
        if bytes > MAX_KEY_BYTES {
            let (found, limit) = (to_u64(bytes), to_u64(MAX_KEY_BYTES));
            return Err(unwritable("size of the key", Problem::TooLarge { found, limit }));
        }
        let mut reader = Reader::new(Document::Key, &writer.bytes);
        read_circuit(&mut reader, self.graph_digest)?;
        reader.finish()
    }
}
