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

    /// Limbs lie side by side from bit 0, hold every number, are as equal as possible, and are no more than needed.
    #[test]
    fn limbs_are_few_and_alike() {
        let around = (0..40).flat_map(|bits| [(1usize << bits) - 1, 1 << bits, (1 << bits) + 1]);
        for length in (1..300).chain(around.filter(|length| *length > 0)) {
            let bits = (0..).find(|bits| length <= 1usize << bits).unwrap();
            for most in 1..=17 {
                let Limbs { parts } = Limbs::of(length, most);
                if bits <= most {
                    assert_eq!(parts, [(0, length)], "{length} in limbs of {most} bits");
                    continue;
                }
                assert_eq!(
                    parts.len(),
                    bits.div_ceil(most) as usize,
                    "{length} in limbs of {most} bits"
                );
                let mut low = 0;
                for (first, values) in &parts {
                    assert!(*first == low && values.is_power_of_two(), "{parts:?}");
                    low += values.ilog2();
                }
                assert_eq!(low, bits, "{length} in limbs of {most} bits");
                let widths: Vec<u32> = parts.iter().map(|(_, values)| values.ilog2()).collect();
                assert!(widths.iter().all(|width| *width <= most) && widths.is_sorted_by(|a, b| a >= b));
                assert!(widths[0] - widths[widths.len() - 1] <= 1, "{widths:?}");
            }
        }
    }

    #[test]
    fn intervals_have_one_value_at_least() {
        let values = |interval| {
            let tensor = QTensor {
                name: "y".to_owned(),
                shape: vec![1],
                kind: hallmark_model::ElementKind::Integer,
                interval,
            };
            interval_values(&tensor).map_err(|error| error.to_string())
        };
        for (interval, right) in [
            ((0, 0), 1),
            ((-3, 4), 8),
            ((i64::MIN, -2), i64::MAX as usize),
            ((0, i64::MAX - 1), i64::MAX as usize),
        ] {
            assert_eq!(values(interval), Ok(right), "{interval:?}");
        }
        for interval in [
            (1, 0),
            (i64::MAX, i64::MIN),
            (0, i64::MAX),
            (i64::MIN, 0),
            (i64::MIN, i64::MAX),
        ] {
            let error = values(interval).unwrap_err();
            assert!(
                error.contains('y') && error.contains("empty or oversized"),
                "{error}"
            );
        }
    }
}
