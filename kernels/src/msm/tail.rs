//! Tables for full-size scalars of the last bases.
//!
//! A column of small integers is blinded by a handful of random field elements in its last rows. As ordinary windows they
//! would cost more than all the rest, mostly in doublings. With the multiples d·2^(8·w)·P in a table, each is 32 table
//! points that count once, and falls into the column's first bucket.

use super::additions::{Additions, NEGATIVE};
use halo2_proofs::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_proofs::halo2curves::group::{Curve as _, Group as _};
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
    pub(super) fn tables<A: Additions>(&self, arithmetic: A, points: &[G1Affine]) -> Vec<A::Point> {
        let first: Vec<G1> = points[points.len() - self.rows..]
            .iter()
            .flat_map(|point| windows(*point))
            .collect();
        let mut normalised = vec![G1Affine::default(); first.len()];
        G1::batch_normalize(&first, &mut normalised);
        let prepared = arithmetic.prepare(&normalised);
        let mut tables: Vec<A::Point> = prepared.iter().flat_map(|point| [*point; MULTIPLES]).collect();
        let together = prepared.len().div_ceil(rayon::current_num_threads()).max(1);
        tables
            .par_chunks_mut(together * MULTIPLES)
            .for_each(|tables| fill(arithmetic, tables));
        tables
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

/// 2^(8·w)·P for every window.
fn windows(point: G1Affine) -> Vec<G1> {
    let next = |base: &G1| Some((0..BITS).fold(*base, |base, _| base.double()));
    std::iter::successors(Some(G1::from(point)), next)
        .take(WINDOWS)
        .collect()
}

/// Turns tables whose entries are all their first into all multiples: after each round as many again are right.
fn fill<A: Additions>(arithmetic: A, tables: &mut [A::Point]) {
    let mut scratch = A::Scratch::default();
    let starts: Vec<usize> = (0..tables.len()).step_by(MULTIPLES).collect();
    let mut known = 1;
    while known < MULTIPLES {
        // The multiple d stands at d − 1.
        let mut doubled: Vec<A::Point> = starts.iter().map(|start| tables[start + known - 1]).collect();
        let mut pairs = Vec::with_capacity(starts.len() * known);
        for start in &starts {
            for other in 0..known - 1 {
                let place = start + known + other;
                tables[place] = tables[start + known - 1];
                pairs.push([place as u32, (start + other) as u32]);
            }
        }
        arithmetic.add_in_place(tables, &pairs, &mut scratch);
        arithmetic.double(&mut doubled, 1, &mut scratch);
        for (start, point) in starts.iter().zip(doubled) {
            tables[start + 2 * known - 1] = point;
        }
        known *= 2;
    }
}
