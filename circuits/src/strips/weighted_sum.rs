//! Sums of small integers times fixed field elements, reduced once per sum instead of once per term.

use crate::scalar::Fr;
use halo2_proofs::halo2curves::ff::{Field, FromUniformBytes, PrimeField};

/// Factors of such sums.
pub(crate) struct Factors {
    /// The factors' 64-bit words, least first.
    words: Vec<[u64; 4]>,
    /// Σ of the first factors, one more each.
    sums: Vec<Fr>,
}

/// Integers are below this, and there are fewer factors than 2^16: a word's sum stays below 2^128.
const MOST: u64 = 1 << 48;

impl Factors {
    /// Sums with these factors.
    pub(crate) fn new(factors: &[Fr]) -> Self {
        let mut sum = Fr::ZERO;
        let mut sums = vec![sum];
        sums.extend(factors.iter().map(|factor| {
            sum += factor;
            sum
        }));
        Self {
            words: factors.iter().map(words).collect(),
            sums,
        }
    }

    /// `Σ (stored + offset) · factor` over the factors from `first` on. Integers that are not in [0, 2^48) count as well, but
    /// take longer.
    pub(crate) fn sum(&self, first: usize, stored: impl ExactSizeIterator<Item = i64>, offset: i64) -> Fr {
        let end = first + stored.len();
        let mut sums = [0u128; 4];
        let mut others = Fr::ZERO;
        for (value, words) in stored.zip(&self.words[first..end]) {
            match u64::try_from(value) {
                Ok(value) if value < MOST => {
                    for (sum, word) in sums.iter_mut().zip(words) {
                        *sum += u128::from(value) * u128::from(*word);
                    }
                }
                _ => {
                    others += crate::scalar::field(value)
                        * field(&[words[0], words[1], words[2], words[3], 0, 0, 0, 0])
                }
            }
        }
        let plain = reduced(&sums) + others;
        match offset {
            0 => plain,
            _ => plain + crate::scalar::field(offset) * (self.sums[end] - self.sums[first]),
        }
    }
}

fn words(element: &Fr) -> [u64; 4] {
    let bytes = element.to_repr();
    std::array::from_fn(|i| {
        bytes[8 * i..8 * i + 8]
            .iter()
            .rev()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte))
    })
}

/// Σ sum_i · 2^(64 i), modulo the field's order.
fn reduced(sums: &[u128; 4]) -> Fr {
    let mut words = [0u64; 8];
    let mut carry = 0u128;
    for (word, sum) in words.iter_mut().zip(sums.iter().copied().chain([0, 0, 0, 0])) {
        // A sum is below 2^128, and so is what the words below left over.
        let (low, high) = (
            u128::from(sum as u64) + u128::from(carry as u64),
            (sum >> 64) + (carry >> 64),
        );
        *word = low as u64;
        carry = high + (low >> 64);
    }
    field(&words)
}

fn field(words: &[u64; 8]) -> Fr {
    let mut bytes = [0; 64];
    for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    Fr::from_uniform_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_field_elements() {
        let factors: Vec<Fr> = (0..2000u64)
            .map(|i| -Fr::from(i * i + 1) * Fr::from(u64::MAX).square())
            .collect();
        let integers = [
            0,
            1,
            -1,
            4096,
            MOST as i64 - 1,
            MOST as i64,
            i64::MAX,
            i64::MIN,
            17,
        ];
        for offset in [0, 4096, -3] {
            let sums = Factors::new(&factors);
            for (first, count) in [(0, 0), (0, 2000), (3, 9), (1999, 1)] {
                let stored: Vec<i64> = (0..count)
                    .map(|i| integers[(i + first) % integers.len()])
                    .collect();
                let expected = stored
                    .iter()
                    .zip(&factors[first..])
                    .map(|(v, f)| (crate::scalar::field(*v) + crate::scalar::field(offset)) * f)
                    .fold(Fr::ZERO, |a, b| a + b);
                assert_eq!(
                    sums.sum(first, stored.into_iter(), offset),
                    expected,
                    "{first} {count} {offset}"
                );
            }
            let most = vec![MOST as i64 - 1; 2000];
            let expected: Fr = factors.iter().sum::<Fr>()
                * (crate::scalar::field(MOST as i64 - 1) + crate::scalar::field(offset));
            assert_eq!(sums.sum(0, most.into_iter(), offset), expected);
        }
    }
}
