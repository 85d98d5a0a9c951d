//! Intervals, and numbers split into limbs.

use crate::error::CircuitError;
use hallmark_model::QTensor;
use std::collections::BTreeSet;

/// Number of integers in the interval of a tensor.
pub fn interval_values(info: &QTensor) -> Result<usize, CircuitError> {
    let length = info
        .interval
        .1
        .checked_sub(info.interval.0)
        .and_then(|l| l.checked_add(1))
        .filter(|l| *l > 0);
    length
        .map(|l| l as usize)
        .ok_or_else(|| CircuitError::Inconsistent {
            place: info.name.clone(),
            reason: format!("empty or oversized interval {:?}", info.interval),
        })
}

/// A split of an interval into limbs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limbs {
    /// Per limb, from the lowest: first bit and number of values.
    pub parts: Vec<(u32, usize)>,
}

impl Limbs {
    /// Limbs of at most `most` bits, as equal as possible, for the values `0..length`.
    pub fn of(length: usize, most: u32) -> Self {
        let bits = usize::BITS - (length - 1).leading_zeros();
        if bits <= most {
            return Self {
                parts: vec![(0, length)],
            };
        }
        let count = bits.div_ceil(most);
        let (width, wider) = (bits / count, bits % count);
        let mut low = 0;
        let parts = (0..count).map(|i| {
            let bits = width + u32::from(i < wider);
            low += bits;
            (low - bits, 1usize << bits)
        });
        Self {
            parts: parts.collect(),
        }
    }
}

/// How many values the numbers have that were split into limbs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    lengths: BTreeSet<usize>,
}

impl Splits {
    /// Adds numbers of so many values.
    pub fn note(&mut self, length: usize) {
        self.lengths.insert(length);
    }

    /// Whether limbs of at most `most` bits are those of at most `other`.
    pub fn are_same(&self, most: u32, other: u32) -> bool {
        let mut lengths = self.lengths.iter();
        lengths.all(|length| Limbs::of(*length, most) == Limbs::of(*length, other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_of_limbs_that_make_no_difference_are_known() {
        let mut splits = Splits::default();
        assert!(splits.are_same(8, 12), "nothing was split");
        splits.note(1 << 8);
        splits.note(1 << 20);
        assert!(splits.are_same(8, 9), "three limbs of seven bits and fewer");
        assert!(!splits.are_same(9, 10), "two are enough for 20 bits");
        splits.note(1 << 9);
        assert!(!splits.are_same(8, 9));
    }

    #[test]
    fn limbs_cover_exactly() {
        assert_eq!(Limbs::of(100, 8).parts, vec![(0, 100)]);
        assert_eq!(Limbs::of(1 << 15, 8).parts, vec![(0, 256), (8, 128)]);
        assert_eq!(
            Limbs::of((1 << 16) + 1, 8).parts,
            vec![(0, 64), (6, 64), (12, 32)]
        );
    }
}
