//! Public values packed for calldata: every tensor's integers as signed big-endian numbers of the width that its interval
//! needs.

use crate::EvmError;
use crate::words::Word;
use hallmark_verifier::{ElementKind, EntryKind, Statement, StatementValues};

/// How the public values of a circuit are packed, one after the other: the nonce, the inputs or the commitment to them,
/// the outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedStatement {
    statement: Statement,
    entries: Vec<PackedEntry>,
}

/// One part of a packed statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedEntry {
    /// What it is.
    pub kind: EntryKind,
    /// Name of the tensor.
    pub name: String,
    /// Shape of the tensor.
    pub shape: Vec<usize>,
    /// What the integers stand for.
    pub element: ElementKind,
    /// The real value of an integer v is `v / 2^scale_bits`.
    pub scale_bits: i32,
    /// Position of the first byte.
    pub offset: usize,
    /// Bytes of a number.
    pub width: usize,
    /// Number of numbers.
    pub count: usize,
    first: usize,
    interval: (i64, i64),
}

impl PackedEntry {
    /// The entry in the key: kind, width, count, first flat index, interval, scale, and the place of the shape.
    pub(crate) fn word(&self, shape: usize) -> Word {
        let mut word = Word::default();
        word[0] = self.tag();
        word[1] = self.width as u8;
        word[2..6].copy_from_slice(&(self.count as u32).to_be_bytes());
        word[6..10].copy_from_slice(&(self.first as u32).to_be_bytes());
        word[10..18].copy_from_slice(&self.interval.0.to_be_bytes());
        word[18..26].copy_from_slice(&self.interval.1.to_be_bytes());
        // A scale beyond 16 bits is refused when the key is made.
        word[26..28].copy_from_slice(&(self.scale_bits as i16).to_be_bytes());
        word[28..32].copy_from_slice(&(shape as u32).to_be_bytes());
        word
    }

    fn tag(&self) -> u8 {
        match self.kind {
            EntryKind::Nonce => 0,
            EntryKind::Input => 1,
            EntryKind::InputCommitment => 2,
            EntryKind::Output => 3,
        }
    }

    /// Rank and sizes of the axes, as the key has them.
    pub(crate) fn shape_bytes(&self) -> Vec<u8> {
        std::iter::once(self.shape.len())
            .chain(self.shape.iter().copied())
            .flat_map(|number| (number as u32).to_be_bytes())
            .collect()
    }

    /// Position behind the last byte.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset + self.width * self.count
    }
}

/// Fewest bytes that hold both ends of an interval as signed numbers.
fn width((low, high): (i64, i64)) -> usize {
    let fits = |bytes: &usize| {
        let bits = 8 * bytes - 1;
        bits >= 63 || (low >= -(1 << bits) && high < 1 << bits)
    };
    (1..=8).find(fits).unwrap_or(8)
}

impl PackedStatement {
    pub(crate) fn new(statement: &Statement) -> Result<Self, EvmError> {
        let mut offset = 0;
        let mut entries = Vec::with_capacity(statement.entries.len());
        let kinds = [
            EntryKind::Nonce,
            EntryKind::Input,
            EntryKind::InputCommitment,
            EntryKind::Output,
        ];
        for entry in kinds.into_iter().flat_map(|kind| statement.of_kind(kind)) {
            // Contracts know powers of two as scales.
            let scale_bits = entry.element.scale_bits();
            let scale_bits = scale_bits.filter(|bits| i16::try_from(*bits).is_ok());
            let unsupported = || EvmError::Unsupported(format!("a tensor of {}", entry.element));
            let scale_bits = scale_bits.ok_or_else(unsupported)?;
            let (width, count) = match entry.kind {
                EntryKind::Nonce | EntryKind::InputCommitment => (32, 1),
                EntryKind::Input | EntryKind::Output => {
                    (width(entry.interval), entry.elements().unwrap_or(0))
                }
            };
            let packed = PackedEntry {
                kind: entry.kind,
                name: entry.name.clone(),
                shape: entry.shape.clone(),
                element: entry.element,
                scale_bits,
                offset,
                width,
                count,
                first: entry.first,
                interval: entry.interval,
            };
            offset = packed.end();
            entries.push(packed);
        }
        Ok(Self {
            statement: statement.clone(),
            entries,
        })
    }

    /// The parts in order.
    #[must_use]
    pub fn entries(&self) -> &[PackedEntry] {
        &self.entries
    }

    /// Number of bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.last().map_or(0, PackedEntry::end)
    }

    /// Number of numbers, words not counted.
    pub(crate) fn values(&self) -> usize {
        let numbers = self.entries.iter().filter(|entry| entry.width <= 8);
        numbers.map(|entry| entry.count).sum()
    }

    /// Position of the first output.
    #[must_use]
    pub fn outputs_offset(&self) -> usize {
        let first = self.entries.iter().find(|entry| entry.kind == EntryKind::Output);
        first.map_or(self.bytes(), |entry| entry.offset)
    }

    /// Packs values.
    ///
    /// # Errors
    /// [`EvmError::Statement`] if they do not have the statement's shape or intervals.
    pub fn pack(&self, values: &StatementValues) -> Result<Vec<u8>, EvmError> {
        // Checks number, shapes and intervals.
        self.statement.instances(values)?;
        let mut bytes = Vec::with_capacity(self.bytes());
        let (mut inputs, mut outputs) = (values.inputs.iter(), values.outputs.iter());
        for entry in &self.entries {
            let tensor = match entry.kind {
                EntryKind::Nonce => {
                    bytes.extend(values.nonce);
                    continue;
                }
                EntryKind::InputCommitment => {
                    bytes.extend(values.input_commitment.unwrap_or_default().iter().rev());
                    continue;
                }
                EntryKind::Input => inputs.next(),
                EntryKind::Output => outputs.next(),
            };
            for value in tensor.into_iter().flatten() {
                bytes.extend(&value.to_be_bytes()[8 - entry.width..]);
            }
        }
        Ok(bytes)
    }
}
