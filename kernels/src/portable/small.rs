//! Sums of products of small integers and field elements in 64-bit words: one reduction per sum.

use crate::montgomery::raw;
use crate::offsets::SmallColumn;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::FromUniformBytes;

/// Σ offset · weight.
pub(super) fn dot(column: &SmallColumn, weights: &[Fr]) -> Fr {
    let mut sum = Wide::default();
    for (i, weight) in weights.iter().enumerate().take(column.len()) {
        sum.add(column.offset(i), &raw(weight));
    }
    sum.reduce()
}

/// out ← constant + Σ scalar · offset, of the elements from `start` on.
pub(super) fn combine(columns: &[(&SmallColumn, Fr)], constant: Fr, start: usize, out: &mut [Fr]) {
    let scalars: Vec<[u64; 4]> = columns.iter().map(|(_, scalar)| raw(scalar)).collect();
    for (i, out) in out.iter_mut().enumerate() {
        let mut sum = Wide::default();
        for ((column, _), scalar) in columns.iter().zip(&scalars) {
            sum.add(column.offset(start + i), scalar);
        }
        *out = constant + sum.reduce();
    }
}

/// A sum of up to 2^32 products of an integer below 2^32 and four words: below 2^320.
#[derive(Default)]
struct Wide([u64; 5]);

impl Wide {
    fn add(&mut self, factor: u64, words: &[u64; 4]) {
        let mut carry = 0;
        for (sum, word) in self.0.iter_mut().zip(words) {
            let product = u128::from(*sum) + u128::from(factor) * u128::from(*word) + carry;
            *sum = product as u64;
            carry = product >> 64;
        }
        self.0[4] += carry as u64;
    }

    fn reduce(self) -> Fr {
        let mut bytes = [0; 64];
        for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *chunk = word.to_le_bytes();
        }
        // The element whose value is the sum; the words were those of elements times 2^256.
        Fr::from_uniform_bytes(&bytes) * INVERSE
    }
}

/// 2^−256.
const INVERSE: Fr = Fr::from_raw([
    0xdc5b_a005_6db1_194e,
    0x090e_f5a9_e111_ec87,
    0xc826_0de4_aeb8_5d5d,
    0x15eb_f951_82c5_551c,
]);
