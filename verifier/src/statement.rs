//! What a proof speaks about, and where it lies in the instance columns.

use crate::curve::{scalar_from_bytes, scalar_to_bytes};
use crate::element::ElementKind;
use crate::error::VerifyError;
use crate::form::Inputs;
use crate::hexadecimal;
use crate::protocol::ensure;
use ark_bn254::Fr;
use ark_ff::PrimeField;

/// What an entry of a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The caller's 32 bytes, as two elements: the first 16 bytes, then the last 16, each big-endian.
    Nonce,
    /// An input tensor in the clear.
    Input,
    /// One element: the hiding commitment to all inputs.
    InputCommitment,
    /// An output tensor in the clear.
    Output,
}

impl EntryKind {
    /// Its word in documents for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nonce => "nonce",
            Self::Input => "input",
            Self::InputCommitment => "input_commitment",
            Self::Output => "output",
        }
    }
}

/// One part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Name of the tensor.
    pub name: String,
    /// Shape of the tensor; empty for a nonce and a commitment.
    pub shape: Vec<usize>,
    /// What the integers stand for.
    pub element: ElementKind,
    /// Least and greatest value of an element, both inclusive.
    pub interval: (i64, i64),
    /// First flat index. The elements of a tensor are laid last to first: element `e` of `n` (row-major) has the flat index
    /// `first + n − 1 − e`.
    pub first: usize,
}

/// How public values lie in the instance columns: the value of flat index i lies in column `i % columns`, row
/// `i / columns`; cells that no entry covers are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Number of instance columns.
    pub columns: usize,
    /// The parts, in increasing order of [`Entry::first`], not overlapping.
    pub entries: Vec<Entry>,
    /// Number of flat indices, at least the end of the last entry. Every column has `⌈length / columns⌉` rows.
    pub length: usize,
}

/// The values of one statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementValues {
    /// The caller's nonce or context.
    pub nonce: [u8; 32],
    /// Input tensors in the order of the statement's entries, row-major. Empty for private inputs.
    pub inputs: Vec<Vec<i64>>,
    /// The hiding commitment to private inputs: a scalar, little-endian, canonical.
    pub input_commitment: Option<[u8; 32]>,
    /// Output tensors in the order of the statement's entries, row-major.
    pub outputs: Vec<Vec<i64>>,
}

/// Greatest number of public values.
pub(crate) const MAX_LENGTH: u32 = 1 << 22;

impl Entry {
    /// Number of flat indices that the entry covers; `None` if it does not fit the machine.
    #[must_use]
    pub fn elements(&self) -> Option<usize> {
        match self.kind {
            EntryKind::Nonce => Some(2),
            EntryKind::InputCommitment => Some(1),
            EntryKind::Input | EntryKind::Output => self
                .shape
                .iter()
                .try_fold(1usize, |product, axis| product.checked_mul(*axis)),
        }
    }
}

/// A signed integer in the field: a negative v is `r − |v|`.
#[must_use]
pub fn integer(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

/// The nonce's two field elements.
#[must_use]
pub fn nonce_elements(nonce: &[u8; 32]) -> [Fr; 2] {
    let (high, low) = nonce.split_at(16);
    [
        Fr::from_be_bytes_mod_order(high),
        Fr::from_be_bytes_mod_order(low),
    ]
}

impl Statement {
    /// Number of rows of every instance column.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.length.div_ceil(self.columns.max(1))
    }

    /// Entries of one kind, in order.
    pub fn of_kind(&self, kind: EntryKind) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.kind == kind)
    }

    /// Checks that the entries fit together, with exactly one nonce, and either inputs or one commitment to them.
    ///
    /// # Errors
    /// [`VerifyError::InconsistentKey`] naming the entry.
    pub fn validate(&self, form: Inputs) -> Result<(), VerifyError> {
        let limit = crate::size::index(MAX_LENGTH);
        ensure(self.columns >= 1 && self.length <= limit, "statement", || {
            format!(
                "{} values in {} columns; at most {limit} are supported",
                self.length, self.columns
            )
        })?;
        let mut end = 0usize;
        for entry in &self.entries {
            let next = entry
                .elements()
                .and_then(|elements| entry.first.checked_add(elements));
            ensure(
                entry.first >= end && next.is_some_and(|next| next <= self.length),
                &entry.name,
                || {
                    format!(
                        "entry of shape {:?} at {} overlaps or does not fit",
                        entry.shape, entry.first
                    )
                },
            )?;
            ensure(entry.interval.0 <= entry.interval.1, &entry.name, || {
                format!("interval {:?} is empty", entry.interval)
            })?;
            // Cells that no entry covers cost work and memory, and mean nothing.
            self.check_gap(end, entry.first, &entry.name)?;
            end = next.unwrap_or(end);
        }
        self.check_gap(end, self.length, "statement")?;
        let count = |kind| self.of_kind(kind).count();
        ensure(count(EntryKind::Nonce) == 1, "statement", || {
            "there is not exactly one nonce".to_owned()
        })?;
        let (inputs, commitments) = (count(EntryKind::Input), count(EntryKind::InputCommitment));
        let fits = match form {
            Inputs::Committed => (inputs, commitments) == (0, 1),
            Inputs::Public => commitments == 0,
        };
        ensure(fits, "statement", || {
            format!("{inputs} inputs in the clear and {commitments} commitments to inputs")
        })
    }

    /// A gap is shorter than a row: every tensor begins on a row of its own at the latest.
    fn check_gap(&self, end: usize, next: usize, place: &str) -> Result<(), VerifyError> {
        let gap = next.saturating_sub(end);
        ensure(gap < self.columns, place, || {
            format!(
                "{gap} cells before {next} belong to no entry; fewer than a row of {} can",
                self.columns
            )
        })
    }

    /// The instance columns for these values, `columns` lists of [`Statement::rows`] elements.
    ///
    /// # Errors
    /// [`VerifyError::StatementShape`] and [`VerifyError::OutsideInterval`] naming tensor and element.
    pub fn instances(&self, values: &StatementValues) -> Result<Vec<Vec<Fr>>, VerifyError> {
        self.check_counts(values)?;
        self.check_tensors(values)?;
        // Only now: what a key alone asks for is not allocated before the values are there.
        let mut columns = vec![vec![Fr::from(0u64); self.rows()]; self.columns];
        let (mut inputs, mut outputs) = (values.inputs.iter(), values.outputs.iter());
        for entry in &self.entries {
            let mut put = |offset: usize, element: Fr| {
                let index = entry.first.saturating_add(offset);
                let (row, column) = (index.checked_div(self.columns), index.checked_rem(self.columns));
                let column = column.and_then(|column| columns.get_mut(column));
                if let Some(cell) = column.zip(row).and_then(|(cells, row)| cells.get_mut(row)) {
                    *cell = element;
                }
            };
            match entry.kind {
                EntryKind::Nonce => {
                    let elements = nonce_elements(&values.nonce).into_iter().enumerate();
                    elements.for_each(|(offset, element)| put(offset, element));
                }
                EntryKind::InputCommitment => put(0, commitment_element(entry, values)?),
                EntryKind::Input | EntryKind::Output => {
                    let tensors = if entry.kind == EntryKind::Input {
                        &mut inputs
                    } else {
                        &mut outputs
                    };
                    // Last element first: circuits evaluate downwards by Horner's rule, highest powers first.
                    let elements = tensors.next().into_iter().flatten().rev().enumerate();
                    elements.for_each(|(offset, value)| put(offset, integer(*value)));
                }
            }
        }
        Ok(columns)
    }

    /// Every tensor has its entry's shape and lies in its interval.
    fn check_tensors(&self, values: &StatementValues) -> Result<(), VerifyError> {
        for (kind, tensors) in [
            (EntryKind::Input, &values.inputs),
            (EntryKind::Output, &values.outputs),
        ] {
            for (entry, tensor) in self.of_kind(kind).zip(tensors) {
                check_tensor(entry, tensor)?;
            }
        }
        Ok(())
    }

    fn check_counts(&self, values: &StatementValues) -> Result<(), VerifyError> {
        for (name, kind, found) in [
            ("inputs", EntryKind::Input, values.inputs.len()),
            ("outputs", EntryKind::Output, values.outputs.len()),
            (
                "input commitment",
                EntryKind::InputCommitment,
                usize::from(values.input_commitment.is_some()),
            ),
        ] {
            let expected = self.of_kind(kind).count();
            if expected != found {
                return Err(shape_error(name, expected.to_string(), found.to_string()));
            }
        }
        Ok(())
    }
}

fn shape_error(name: &str, expected: String, found: String) -> VerifyError {
    VerifyError::StatementShape {
        name: name.to_owned(),
        expected,
        found,
    }
}

fn commitment_element(entry: &Entry, values: &StatementValues) -> Result<Fr, VerifyError> {
    let bytes = values.input_commitment.unwrap_or_default();
    scalar_from_bytes(&bytes).ok_or_else(|| {
        shape_error(
            &entry.name,
            "a scalar less than the field's order".into(),
            hexadecimal::encode(&bytes),
        )
    })
}

fn check_tensor(entry: &Entry, values: &[i64]) -> Result<(), VerifyError> {
    if entry.elements() != Some(values.len()) {
        let expected = format!("a tensor of shape {:?}", entry.shape);
        return Err(shape_error(
            &entry.name,
            expected,
            format!("{} elements", values.len()),
        ));
    }
    let (least, greatest) = entry.interval;
    match values
        .iter()
        .enumerate()
        .find(|(_, value)| **value < least || **value > greatest)
    {
        Some((index, value)) => Err(VerifyError::OutsideInterval {
            name: entry.name.clone(),
            index,
            value: *value,
            least,
            greatest,
        }),
        None => Ok(()),
    }
}

impl StatementValues {
    /// The commitment to private inputs as [`StatementValues::input_commitment`] holds it.
    #[must_use]
    pub fn commitment_bytes(element: &Fr) -> [u8; 32] {
        scalar_to_bytes(element)
    }
}
