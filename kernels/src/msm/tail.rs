//! Tables for full-size scalars of the last bases.
//!
//! A column of small integers is blinded by a handful of random field elements in its last rows. As ordinary windows they
//! would cost more than all the rest, mostly in doublings. With the multiples d·2^(8·w)·P in a table, each is 32 table
//! points that count once, and falls into the column's first bucket.

use super::NEGATIVE;
use halo2_proofs::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_proofs::halo2curves::group::Curve as _;
use rayon::prelude::*;

/// Bits per table window.
const BITS: usize = 8;
/// Table windows: 254 bits and the last carry.
const WINDOWS: usize = 32;
/// Multiples per window: digits are −127 to 128.
const MULTIPLES: usize = 1 << (BITS - 1);

/// Bases with tables at most: indices of table points stay below 2^31.
pub(super) const MOST_ROWS: usize = 64;

/// Where the tables of the last bases lie: after the bases.
pub(super) struct Tail {
    bases: usize,
    rows: usize,
}

impl Tail {
    pub(super) fn new(bases: usize, rows: usize) -> Self {
        Self { bases, rows }
    }

    /// Bases with tables.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The tables, base by base and window by window.
    pub(super) fn tables(&self, points: &[G1Affine]) -> Vec<G1Affine> {
        points[points.len() - self.rows..]
            .par_iter()
            .flat_map_iter(|point| table(*point))
            .collect()
    }

    /// Signed indices of the table points whose sum is Σ scalar · base, scalars for the last bases.
    pub(super) fn entries(&self, scalars: &[Fr]) -> Vec<u32> {
        let mut entries = Vec::with_capacity(scalars.len() * WINDOWS);
        for (row, scalar) in (self.rows - scalars.len()..self.rows).zip(scalars) {
            let mut carry = 0;
            for (window, byte) in scalar.to_bytes().into_iter().enumerate() {
                let digit = i32::from(byte) + carry;
                carry = i32::from(digit > MULTIPLES as i32);
                let digit = digit - (carry << BITS);
                if digit != 0 {
                    let table = self.bases + (row * WINDOWS + window) * MULTIPLES;
                    let index = table as u32 + digit.unsigned_abs() - 1;
                    entries.push(if digit < 0 { index | NEGATIVE } else { index });
                }
            }
        }
        entries
    }
}

/// d·2^(8·w)·P, window by window.
fn table(point: G1Affine) -> Vec<G1Affine> {
    let mut multiples = Vec::with_capacity(WINDOWS * MULTIPLES);
    let mut base = G1::from(point);
    for _ in 0..WINDOWS {
        let mut multiple = base;
        for _ in 0..MULTIPLES {
            multiples.push(multiple);
            multiple += base;
        }
        base = (0..BITS).fold(base, |b, _| b + b);
    }
    let mut table = vec![G1Affine::default(); multiples.len()];
    G1::batch_normalize(&multiples, &mut table);
    table
}
