//! Radix-2 FFT in place, two levels per pass.

use crate::column::Column;
use crate::kernels::{self, Direction};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use rayon::prelude::*;

/// Blocks of at most this many elements stay in the first-level cache: larger ones are halved recursively, on two threads
/// where one is idle.
const CACHED: usize = 1 << 10;

/// Twiddles of a domain.
pub(super) struct Transform {
    /// ω^i for i below half the size.
    forward: Vec<Fr>,
    /// ω^−i.
    inverse: Vec<Fr>,
    size_inverse: Fr,
    log_size: u32,
}

impl Transform {
    pub(super) fn new(omega: Fr, log_size: u32) -> Self {
        let half = (1_usize << log_size) / 2;
        let inverse = omega.invert().unwrap_or(Fr::ONE);
        let powers = |base: Fr| {
            std::iter::successors(Some(Fr::ONE), |p| Some(*p * base))
                .take(half)
                .collect()
        };
        let size_inverse = (0..log_size).fold(Fr::ONE, |acc, _| acc * Fr::TWO_INV);
        Self {
            forward: powers(omega),
            inverse: powers(inverse),
            size_inverse,
            log_size,
        }
    }

    /// Transforms one column of the domain's size.
    fn column(&self, values: &mut [Fr], direction: Direction, shift: Fr) {
        match direction {
            Direction::Forward => {
                if shift != Fr::ONE {
                    scale_by_powers(values, Fr::ONE, shift);
                }
                reverse_bits(values, self.log_size);
                butterflies(values, &self.forward, 1);
            }
            Direction::Inverse => {
                reverse_bits(values, self.log_size);
                butterflies(values, &self.inverse, 1);
                let step = shift.invert().unwrap_or(Fr::ZERO);
                scale_by_powers(values, self.size_inverse, step);
            }
        }
    }
}

impl kernels::Transform for Transform {
    fn forget(&mut self) {}

    fn run(&self, columns: &mut [&mut Column], direction: Direction, shift: Fr) {
        let size = 1 << self.log_size;
        columns.par_iter_mut().for_each(|column| match column {
            Column::Values(values) => self.column(&mut values[..size], direction, shift),
            Column::Groups(_) => {
                let mut values = column.values().into_owned();
                self.column(&mut values[..size], direction, shift);
                **column = Column::Groups(Column::Values(values).groups().into_owned());
            }
        });
    }
}

/// values\[i\] ← start · step^i · values\[i\].
fn scale_by_powers(values: &mut [Fr], start: Fr, step: Fr) {
    if step == Fr::ONE {
        values.iter_mut().for_each(|v| *v *= start);
        return;
    }
    let mut power = start;
    for value in values {
        *value *= power;
        power *= step;
    }
}

fn reverse_bits(values: &mut [Fr], log_size: u32) {
    for i in 0..values.len() {
        let j = i.reverse_bits().checked_shr(usize::BITS - log_size).unwrap_or(0);
        if i < j {
            values.swap(i, j);
        }
    }
}

/// Decimation in time on bit-reversed values; `twiddles[i · stride]` is the i-th power of this level's root.
fn butterflies(values: &mut [Fr], twiddles: &[Fr], stride: usize) {
    let half = values.len() / 2;
    if half == 0 {
        return;
    }
    let (low, high) = values.split_at_mut(half);
    if half >= CACHED {
        rayon::join(
            || butterflies(low, twiddles, 2 * stride),
            || butterflies(high, twiddles, 2 * stride),
        );
    } else {
        butterflies(low, twiddles, 2 * stride);
        butterflies(high, twiddles, 2 * stride);
    }
    let (a, b) = (&mut low[0], &mut high[0]);
    let t = *b;
    *b = *a - t;
    *a += t;
    for ((a, b), w) in low
        .iter_mut()
        .zip(high)
        .zip(twiddles.iter().step_by(stride))
        .skip(1)
    {
        let t = *b * w;
        *b = *a - t;
        *a += t;
    }
}
