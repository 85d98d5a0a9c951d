//! What the instance columns hold.

use hallmark_model::{ElementKind, TensorId};
use serde::{Deserialize, Serialize};

/// What an entry of the statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EntryKind {
    /// The caller's nonce: two field elements, the high and the low 16 bytes.
    Nonce,
    /// A model input.
    Input,
    /// A hiding commitment to all inputs: one field element.
    InputCommitment,
    /// A model output.
    Output,
}

/// One part of the instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementEntry {
    /// What it is.
    pub kind: EntryKind,
    /// The tensor, for inputs and outputs.
    pub tensor: Option<TensorId>,
    /// The tensor's name, or the kind's.
    pub name: String,
    /// Shape; the number of instance values is its product.
    pub shape: Vec<usize>,
    /// What the integers stand for.
    pub element: ElementKind,
    /// Least and greatest value.
    pub interval: (i64, i64),
    /// Index of the first value: value `i` of the instance lies in column `i mod columns`, row `i div columns`.
    pub first: usize,
}

/// The whole instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatementLayout {
    /// Number of instance columns.
    pub columns: usize,
    /// Entries in order; their values are consecutive, except that every tensor begins on a new row.
    pub entries: Vec<StatementEntry>,
    /// Number of values, gaps included.
    pub length: usize,
}

impl StatementLayout {
    /// Number of rows that the instance takes.
    pub fn rows(&self) -> usize {
        self.length.div_ceil(self.columns.max(1))
    }

    /// Number of values of each entry.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = usize> + '_ {
        self.entries.iter().map(|entry| entry.shape.iter().product())
    }

    /// Appends an entry on a new row; returns its first index.
    pub fn push(&mut self, mut entry: StatementEntry) -> usize {
        let first = self.rows() * self.columns;
        entry.first = first;
        self.length = first + entry.shape.iter().product::<usize>();
        self.entries.push(entry);
        first
    }
}
