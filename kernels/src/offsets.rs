//! Columns of small integers: a tenth of the memory of columns of field elements.

use crate::column::GROUP;
use crate::montgomery::small;
use halo2_proofs::halo2curves::bn256::Fr;

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
        let len = len.next_multiple_of(GROUP);
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

    /// What is added to every offset.
    pub(crate) fn least(&self) -> Fr {
        small(self.least)
    }

    /// Element `i` less the least one.
    pub(crate) fn offset(&self, i: usize) -> u64 {
        match &self.offsets {
            Offsets::Narrow(offsets) => u64::from(offsets[i]),
            Offsets::Wide(offsets) => u64::from(offsets[i]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offsets are as narrow as the distance of least and greatest element allows, the zeros of the padding among them.
    #[test]
    fn widths_end_where_offsets_do() {
        let (narrow, wide) = (i64::from(u16::MAX), i64::from(u32::MAX));
        for (values, len, bytes) in [
            (vec![-5, narrow - 5], 8, Some(2)),
            (vec![-5, narrow - 4], 8, Some(4)),
            (vec![-5, wide - 5], 8, Some(4)),
            (vec![-5, wide - 4], 8, None),
            // Without padding, zero is none of the elements.
            (vec![wide; 8], 8, Some(2)),
            (vec![wide; 8], 9, Some(4)),
            (vec![wide + 1; 8], 9, None),
            (vec![i64::MIN, i64::MAX], 8, None),
            (vec![i64::MAX; 8], 8, Some(2)),
            // What is past the end does not matter.
            ([vec![7; 8], vec![i64::MAX]].concat(), 8, Some(2)),
            (vec![], 3, Some(2)),
        ] {
            let column = SmallColumn::new(&values, len);
            assert_eq!(column.is_some(), bytes.is_some(), "{values:?} of {len}");
            let (Some(column), Some(bytes)) = (column, bytes) else {
                continue;
            };
            assert_eq!(
                (column.len(), column.bytes()),
                (len.next_multiple_of(8), bytes * column.len())
            );
            for i in 0..column.len() {
                let value = if i < len { values.get(i) } else { None };
                let found = column.least() + Fr::from(column.offset(i));
                assert_eq!(
                    found,
                    small(value.copied().unwrap_or(0)),
                    "element {i} of {values:?}"
                );
            }
        }
    }
}
