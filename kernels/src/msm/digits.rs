//! Scalars to signed digits, and the choice of the window.
//!
//! With windows of c bits, adding 2^(c−1) at every window but the top one turns the plain base-2^c digits of the sum, less
//! 2^(c−1), into the signed digits of the scalar: each window's digits come independently of the others', without carries.

use super::additions::NEGATIVE;
use super::tail::Tail;
use crate::montgomery::{Modulus, Scalar, less};
use halo2_proofs::halo2curves::bn256::Fr;
use rayon::prelude::*;

/// A column of scalars.
#[derive(Clone, Copy, Debug)]
pub enum Scalars<'a> {
    /// Signed integers of any width; narrow ones are cheap.
    Small(&'a [i64]),
    /// Field elements. Found out to be small, up to sign, they cost what small ones cost.
    Full(&'a [Fr]),
    /// Small integers for the first bases, then field elements for the *last* bases, as in a column with blinding rows.
    /// Cheap where the bases have tables for them ([`crate::Bases::with_tail`]). Where the two overlap, both count.
    Blinded {
        /// Scalars of the first bases.
        rows: &'a [i64],
        /// Scalars of the last bases, the last scalar for the last base.
        tail: &'a [Fr],
    },
}

/// What is sorted into buckets: digits of one column of scalars.
pub(super) struct Column<'a> {
    values: Values<'a>,
    /// Bits per window.
    pub(super) window: u32,
    /// Number of windows.
    pub(super) windows: u32,
    /// Largest digit, rounded up to a power of two.
    pub(super) buckets: u32,
    /// Index of the first base.
    first: usize,
    /// How much farther the points of a window are than those of the window before: with tables of multiples as many as there
    /// are bases, and then windows count once; without, none.
    pub(super) stride: usize,
    /// 2^center is taken off every scalar: digits are signed, so that half as many buckets suffice.
    pub(super) center: Option<u32>,
    /// Number of scalars; those past the given ones are zero.
    len: usize,
    /// Number of digits that are not zero, about.
    pub(super) weight: usize,
    /// Signed indices of table points that count once.
    pub(super) ones: Vec<u32>,
}

enum Values<'a> {
    Borrowed(&'a [i64]),
    Small(Vec<i64>),
    /// |s| plus the window offsets; the top bit is the sign.
    Full(Vec<[u64; 4]>),
}

/// The least greatest scalar of a column that is worth centering.
const FEWEST_CENTERED: i64 = 1 << 4;

/// Half the field's order, rounded down.
const HALF_ORDER: [u64; 4] = [
    0xa1f0_fac9_f800_0000,
    0x9419_f424_3cdc_b848,
    0xdc28_22db_40c0_ac2e,
    0x1832_2739_7098_d014,
];
const SIGN: u64 = 1 << 63;

impl<'a> Column<'a> {
    /// Columns whose sum is Σ scalar · base: one, or two where blinding scalars have no table.
    /// `multiples` are bits and number of the windows for which there are tables of all bases.
    pub(super) fn of(
        scalars: Scalars<'a>,
        bases: usize,
        tail_tables: &Tail,
        multiples: Option<(u32, u32)>,
    ) -> Vec<Self> {
        let full = |values, first| {
            let mut column = Self::full(values, first, multiples);
            if multiples.is_some() && matches!(column.values, Values::Full(_)) {
                column.stride = bases;
            }
            column
        };
        match scalars {
            Scalars::Small(values) => {
                let values = &values[..values.len().min(bases)];
                vec![Self::small(Values::Borrowed(values)).centered(bases)]
            }
            Scalars::Full(values) => vec![full(&values[..values.len().min(bases)], 0)],
            Scalars::Blinded { rows, tail } => {
                let tail = &tail[tail.len().saturating_sub(bases)..];
                let mut column = Self::small(Values::Borrowed(&rows[..rows.len().min(bases)]));
                let (without, with) = tail.split_at(tail.len().saturating_sub(tail_tables.rows()));
                column.ones = tail_tables.entries(with);
                column.weight += column.ones.len();
                let mut columns = vec![column];
                if !without.is_empty() {
                    columns.push(full(without, bases - tail.len()));
                }
                columns
            }
        }
    }

    fn small(values: Values<'a>) -> Self {
        let (mut most, mut weight) = (0, 0);
        let slice = match &values {
            Values::Borrowed(slice) => slice,
            Values::Small(own) => own.as_slice(),
            Values::Full(_) => &[],
        };
        for value in slice {
            most = most.max(value.unsigned_abs());
            weight += usize::from(*value != 0);
        }
        let len = slice.len();
        let (window, windows) = choose(u64::BITS - most.leading_zeros(), weight);
        let buckets = if windows == 1 {
            (most.max(1) as u32).next_power_of_two()
        } else {
            1 << (window - 1)
        };
        Self {
            values,
            window,
            windows,
            buckets,
            first: 0,
            stride: 0,
            center: None,
            len,
            weight,
            ones: Vec::new(),
        }
    }

    fn full(values: &[Fr], first: usize, windows: Option<(u32, u32)>) -> Self {
        let mut limbs: Vec<[u64; 4]> = values
            .par_iter()
            .with_min_len(1 << 10)
            .map(|v| magnitude(*v))
            .collect();
        let wide = |l: &[u64; 4]| (l[0] >> 62) | l[1] | l[2] | (l[3] & !SIGN) != 0;
        if !limbs.iter().any(wide) {
            let signed = |l: &[u64; 4]| {
                if l[3] & SIGN == 0 {
                    l[0] as i64
                } else {
                    -(l[0] as i64)
                }
            };
            let small = Self::small(Values::Small(limbs.iter().map(signed).collect()));
            return Self { first, ..small };
        }
        let (weight, len) = (limbs.len(), limbs.len());
        let (window, windows) = windows.unwrap_or_else(|| choose(FULL_BITS, weight));
        let offsets = offsets(window, windows);
        limbs.iter_mut().for_each(|l| *l = add(l, &offsets));
        let buckets = 1 << (window - 1);
        Self {
            values: Values::Full(limbs),
            window,
            windows,
            buckets,
            first,
            stride: 0,
            center: None,
            len,
            weight,
            ones: Vec::new(),
        }
    }

    /// The same sum less 2^center times that of all bases, if that makes it cheaper: most scalars are not zero, and none is
    /// negative.
    fn centered(self, bases: usize) -> Self {
        let (Values::Borrowed(values), 1) = (&self.values, self.windows) else {
            return self;
        };
        let most = values.iter().copied().max().unwrap_or(0);
        let dense = 4 * self.weight >= 3 * bases;
        if most < FEWEST_CENTERED || !dense || values.iter().any(|value| *value < 0) {
            return self;
        }
        let center = most.ilog2();
        Self {
            buckets: 1 << center,
            center: Some(center),
            len: bases,
            weight: bases,
            ..self
        }
    }

    /// Number of scalars.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Calls `entry(|digit|, signed index of the base)` for the digits of a window that are not zero, of the scalars in
    /// `range`.
    pub(super) fn digits(&self, window: u32, range: std::ops::Range<usize>, mut entry: impl FnMut(u32, u32)) {
        let first = self.first + window as usize * self.stride + range.start;
        let indices = first as u32..;
        let shift = window * self.window;
        let last = window + 1 == self.windows;
        let half = if last { 0 } else { 1_i64 << (self.window - 1) };
        let mask = if last { u64::MAX } else { (1 << self.window) - 1 };
        let mut emit = |digit: i64, negative: bool, index: u32| {
            if digit != 0 {
                let sign = if negative != (digit < 0) { NEGATIVE } else { 0 };
                entry(digit.unsigned_abs() as u32, index | sign);
            }
        };
        match &self.values {
            Values::Full(limbs) => {
                let (word, bit) = ((shift / 64) as usize, shift % 64);
                for (l, index) in limbs[range].iter().zip(indices) {
                    let l = [l[0], l[1], l[2], l[3] & !SIGN, l[3]];
                    let high = if word < 3 {
                        (l[word + 1] << 1) << (63 - bit)
                    } else {
                        0
                    };
                    emit(
                        (((l[word] >> bit) | high) & mask) as i64 - half,
                        l[4] & SIGN != 0,
                        index,
                    );
                }
            }
            Values::Borrowed(_) | Values::Small(_) if self.windows == 1 => {
                let center = self.center.map_or(0, |bit| 1 << bit);
                let given = self.integers();
                let scalars = given
                    .get(range.start..range.end.min(given.len()))
                    .unwrap_or_default();
                let missing = std::iter::repeat_n(0, range.len() - scalars.len());
                for (v, index) in scalars.iter().copied().chain(missing).zip(indices) {
                    let v = v - center;
                    emit(v.unsigned_abs() as i64, v < 0, index);
                }
            }
            Values::Borrowed(_) | Values::Small(_) => {
                let offsets = offsets(self.window, self.windows);
                let offset = u128::from(offsets[0]) | u128::from(offsets[1]) << 64;
                for (v, index) in self.integers()[range].iter().zip(indices) {
                    let plain = ((u128::from(v.unsigned_abs()) + offset) >> shift) as u64 & mask;
                    emit(plain as i64 - half, *v < 0, index);
                }
            }
        }
    }

    fn integers(&self) -> &[i64] {
        match &self.values {
            Values::Borrowed(values) => values,
            Values::Small(values) => values,
            Values::Full(_) => &[],
        }
    }
}

/// |v| with the sign in the top bit, |v| at most half the field's order.
fn magnitude(v: Fr) -> [u64; 4] {
    let limbs = <[u64; 4]>::from(v);
    let (negated, _) = less(&Scalar::WORDS, &limbs);
    let over = limbs.iter().rev().gt(HALF_ORDER.iter().rev());
    if over {
        [negated[0], negated[1], negated[2], negated[3] | SIGN]
    } else {
        limbs
    }
}

/// Σ 2^(window − 1 + window·i) over all windows but the top one.
fn offsets(window: u32, windows: u32) -> [u64; 4] {
    let mut limbs = [0; 4];
    for i in 0..windows - 1 {
        let bit = window - 1 + window * i;
        limbs[(bit / 64) as usize] |= 1 << (bit % 64);
    }
    limbs
}

fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut carry = false;
    std::array::from_fn(|i| {
        let (sum, first) = a[i].overflowing_add(b[i]);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        carry = first | second;
        sum
    })
}

/// Bits of a field element's magnitude.
pub(super) const FULL_BITS: u32 = 253;

/// Bits per window, and number of windows, of `points` field elements.
pub(super) fn full_windows(points: usize) -> (u32, u32) {
    choose(FULL_BITS, points)
}

/// Windows of scalars of `bits` bits, and of the carry into the last one.
pub(super) fn windows(bits: u32, window: u32) -> u32 {
    (bits + 1).div_ceil(window)
}

/// What summing up a window's buckets costs, in additions, if `entries` lie in them: one per bucket in use, half of one for
/// each halving of the bucket range in which they hardly meet, and a fraction for looking at a bucket.
pub(super) fn bucket_cost(window: u32, entries: usize) -> f64 {
    let buckets = f64::from(1_u32 << (window - 1));
    let used = buckets * (1.0 - (-(entries.max(1) as f64) / buckets).exp());
    used * (1.0 + (buckets / used).log2() / 2.0) + 0.15 * buckets
}

/// Window bits and number of windows for `points` scalars of `bits` bits: the cheapest in additions, of which a window costs
/// one per point that is not first in its bucket, and [`bucket_cost`].
fn choose(bits: u32, points: usize) -> (u32, u32) {
    let cost =
        |window: u32| f64::from(windows(bits, window)) * (points.max(1) as f64 + bucket_cost(window, points));
    let window = (2..=MAX_WINDOW.min((bits + 1).max(2)))
        .min_by(|a, b| cost(*a).total_cmp(&cost(*b)))
        .unwrap_or(2);
    (window, windows(bits, window))
}

/// Bits of the widest window: 2^15 buckets.
pub(super) const MAX_WINDOW: u32 = 16;
