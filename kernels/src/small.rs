//! Columns of small integers, and their sums of products with field elements: a fifth of the work and a tenth of the
//! memory of columns of field elements.

use crate::Packed;
#[cfg(target_arch = "x86_64")]
use crate::ifma;
use crate::packed::{Piece, Store};
use crate::portable;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;

/// Elements per task of a linear combination.
const CHUNK: usize = 1 << 10;

/// A column of integers that lie close together. Its length is a multiple of eight.
pub struct SmallColumn {
    pub(crate) offsets: Offsets,
    /// What is added to every offset.
    least: i64,
}

/// Distances from the least element.
pub(crate) enum Offsets {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl SmallColumn {
    /// A column with these values, padded with zeros to `len` (itself rounded up to a multiple of eight). Values past
    /// `len` are left out. `None` if the least and the greatest element are 2^32 or more apart.
    pub fn new(values: &[i64], len: usize) -> Option<Self> {
        let len = len.next_multiple_of(8);
        let values = &values[..values.len().min(len)];
        let padding = (values.len() < len).then_some(0);
        let elements = || values.iter().copied().chain(padding);
        let (least, most) = (elements().min().unwrap_or(0), elements().max().unwrap_or(0));
        let width = most.checked_sub(least)?;
        let padded = || {
            let zeros = std::iter::repeat_n(0, len - values.len());
            values.iter().copied().chain(zeros).map(|v| v - least)
        };
        let offsets = if width <= i64::from(u16::MAX) {
            Offsets::Narrow(padded().map(|v| v as u16).collect())
        } else if width <= i64::from(u32::MAX) {
            Offsets::Wide(padded().map(|v| v as u32).collect())
        } else {
            return None;
        };
        Some(Self { offsets, least })
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.offsets {
            Offsets::Narrow(offsets) => offsets.len(),
            Offsets::Wide(offsets) => offsets.len(),
        }
    }

    /// Whether the column has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that the elements occupy.
    pub fn bytes(&self) -> usize {
        match &self.offsets {
            Offsets::Narrow(offsets) => size_of_val(offsets.as_slice()),
            Offsets::Wide(offsets) => size_of_val(offsets.as_slice()),
        }
    }

    fn least(&self) -> Fr {
        let magnitude = Fr::from(self.least.unsigned_abs());
        if self.least < 0 { -magnitude } else { magnitude }
    }

    pub(crate) fn offset(&self, i: usize) -> u64 {
        match &self.offsets {
            Offsets::Narrow(offsets) => u64::from(offsets[i]),
            Offsets::Wide(offsets) => u64::from(offsets[i]),
        }
    }
}

/// Σ column\[i\] · weights\[i\] for each column, columns spread over rayon's threads.
///
/// # Panics
/// If a column is longer than `weights`.
pub fn dot_small(columns: &[&SmallColumn], weights: &Packed) -> Vec<Fr> {
    let total = if columns.iter().any(|c| c.least != 0) {
        weights.to_field().iter().sum()
    } else {
        Fr::ZERO
    };
    let one = |column: &&SmallColumn| {
        assert!(column.len() <= weights.len(), "a column longer than its weights");
        let offsets = match &weights.0 {
            Store::Portable(weights) => portable::small::dot(column, weights),
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(groups) => ifma::small::dot(column, groups),
        };
        offsets + column.least() * total
    };
    columns.par_iter().map(one).collect()
}

/// out ← Σ scalar · column, element by element; `out`'s previous values are lost.
///
/// # Panics
/// If a column is shorter than `out`.
pub fn linear_combination_small(out: &mut Packed, columns: &[(&SmallColumn, Fr)]) {
    for (column, _) in columns {
        assert!(
            column.len() >= out.len(),
            "a column of {} elements for {}",
            column.len(),
            out.len()
        );
    }
    let constant: Fr = columns
        .iter()
        .map(|(column, scalar)| column.least() * scalar)
        .sum();
    #[cfg(target_arch = "x86_64")]
    let terms = ifma::small::Terms::new(out.groups(), columns, constant);
    out.chunks_mut(CHUNK).into_par_iter().for_each(|mut into| {
        let start = into.start();
        match &mut into.piece {
            Piece::Portable(out) => portable::small::combine(columns, constant, start, out),
            #[cfg(target_arch = "x86_64")]
            Piece::Ifma(groups) => {
                if let Some(terms) = &terms {
                    terms.combine(groups, start);
                }
            }
        }
    });
}
