//! FFT of a column that lies in groups of eight consecutive elements.
//!
//! With N = 8·M and index 8·g + l, element k + M·j of the transform is
//! `Σ_l ω_8^(l·j) · ω_N^(l·k) · Σ_g ω_M^(g·k) · x[8·g + l]`:
//! first a transform of size M over g in each lane (decimation in time, two levels per pass, one twiddle for all lanes),
//! then 8×8 transpositions, twiddles and transforms of size eight over l, whose results are in natural order.
//! For values at shift·ω^k the same levels work with the shift's powers in their twiddles.

use super::convert;
use super::field::{Group, Lanes, Scalar, Simd};
use crate::domain::Direction;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use std::arch::x86_64::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Smallest domain: M is at least eight.
pub(crate) const MIN_LOG_SIZE: u32 = 6;

/// Groups of a block that stays in the first-level cache.
const CACHED: usize = 64;

/// Memory for tables of shifts, which are kept for the next call.
const KEPT_BYTES: usize = 32 << 20;

/// Tables of a domain.
pub(crate) struct Transform {
    simd: Simd,
    omega: Fr,
    log_size: u32,
    forward: Arc<Tables>,
    inverse: Arc<Tables>,
    /// Tables of cosets, oldest first.
    kept: Mutex<Vec<Arc<Tables>>>,
    /// Bytes that they may take.
    most_kept: usize,
}

/// Twiddles of one direction and shift.
pub(crate) struct Tables {
    direction: Direction,
    shift: Fr,
    /// Whether the first two levels have nothing to multiply.
    plain: bool,
    /// Level by level: the level that joins blocks of h groups starts at h − 1, and its i-th twiddle is the i-th power of
    /// its root, times the shift's power.
    levels: Vec<[u64; 5]>,
    /// ω^(l·k)·shift^l, for eight consecutive k in the lanes: groups 8·(k / 8) + l.
    lanes: Vec<Group>,
    /// ω_8, ω_8², ω_8³.
    eighth: [[u64; 5]; 3],
    /// Factors of the results, in groups of natural order.
    last: Option<Vec<Group>>,
}

impl Transform {
    pub(crate) fn new(simd: Simd, omega: Fr, log_size: u32) -> Self {
        let forward = Arc::new(Tables::new(simd, omega, log_size, Direction::Forward, Fr::ONE));
        let inverse = Arc::new(Tables::new(simd, omega, log_size, Direction::Inverse, Fr::ONE));
        Self {
            simd,
            omega,
            log_size,
            forward,
            inverse,
            kept: Mutex::new(Vec::new()),
            most_kept: KEPT_BYTES,
        }
    }

    /// Keeps no tables of cosets.
    pub(crate) fn forgetful(self) -> Self {
        Self { most_kept: 0, ..self }
    }

    pub(crate) fn simd(&self) -> Simd {
        self.simd
    }

    /// Tables for a direction and shift: kept ones, or new ones.
    pub(crate) fn tables(&self, direction: Direction, shift: Fr) -> Arc<Tables> {
        if shift == Fr::ONE {
            return Arc::clone(match direction {
                Direction::Forward => &self.forward,
                Direction::Inverse => &self.inverse,
            });
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.iter().find(|t| t.direction == direction && t.shift == shift) {
            return Arc::clone(found);
        }
        let tables = Arc::new(Tables::new(
            self.simd,
            self.omega,
            self.log_size,
            direction,
            shift,
        ));
        // All kept tables are about as large.
        let room = self.most_kept / tables.bytes();
        if kept.len() >= room && !kept.is_empty() {
            kept.remove(0);
        }
        if room > 0 {
            kept.push(Arc::clone(&tables));
        }
        tables
    }

    /// Transforms one column of the domain's size; `scratch` is memory to use again.
    pub(crate) fn run(&self, column: &mut [Group], scratch: &mut Vec<Group>, tables: &Tables) {
        assert_eq!(
            8 * column.len(),
            1 << self.log_size,
            "a column of the domain's size"
        );
        scratch.resize(column.len(), Group::zero(self.simd));
        // SAFETY: `simd` proves the instructions.
        unsafe {
            if tables.plain {
                levels::<true>(self.simd, column, 0, scratch, tables);
            } else {
                levels::<false>(self.simd, column, 0, scratch, tables);
            }
            last_levels(self.simd, scratch, column, tables);
        }
    }
}

impl Tables {
    fn new(simd: Simd, omega: Fr, log_size: u32, direction: Direction, shift: Fr) -> Self {
        let size = 1_usize << log_size;
        let rows = size / 8;
        let invert = |v: Fr| v.invert().unwrap_or(Fr::ZERO);
        let (root, own_shift, scale) = match direction {
            Direction::Forward => (omega, shift, Fr::ONE),
            Direction::Inverse => (
                invert(omega),
                Fr::ONE,
                (0..log_size).fold(Fr::ONE, |s, _| s * Fr::TWO_INV),
            ),
        };
        let mut levels = Vec::with_capacity(rows - 1);
        let mut half = 1;
        while half < rows {
            // Blocks of 2·half groups evaluate polynomials in x^(size / (2·half)).
            let exponent = [(size / (2 * half)) as u64];
            let (step, start) = (root.pow_vartime(exponent), own_shift.pow_vartime(exponent));
            levels.extend(powers(start, step, half));
            half *= 2;
        }
        let levels = limbs_of(simd, &levels);
        let mut lanes = Vec::with_capacity(size);
        let per_lane: Vec<Vec<Fr>> = (0..8_u64)
            .map(|l| powers(scale * own_shift.pow_vartime([l]), root.pow_vartime([l]), rows).collect())
            .collect();
        for k in (0..rows).step_by(8) {
            per_lane
                .iter()
                .for_each(|lane| lanes.extend_from_slice(&lane[k..k + 8]));
        }
        let eighth = root.pow_vartime([rows as u64]);
        let eighth = [eighth, eighth.square(), eighth.square() * eighth].map(|e| convert::scalar(simd, e));
        let last = (direction == Direction::Inverse && shift != Fr::ONE)
            .then(|| convert::from_field(simd, &powers(Fr::ONE, invert(shift), size).collect::<Vec<_>>()));
        let plain = own_shift == Fr::ONE;
        let lanes = convert::from_field(simd, &lanes);
        Self {
            direction,
            shift,
            plain,
            levels,
            lanes,
            eighth,
            last,
        }
    }

    fn bytes(&self) -> usize {
        let groups = self.lanes.len() + self.last.as_ref().map_or(0, Vec::len);
        groups * size_of::<Group>() + size_of_val(self.levels.as_slice())
    }

    /// Twiddles of the level that joins blocks of `half` groups.
    fn level(&self, half: usize) -> &[[u64; 5]] {
        &self.levels[half - 1..2 * half - 1]
    }
}

/// start · step^i.
fn powers(start: Fr, step: Fr, count: usize) -> impl Iterator<Item = Fr> {
    std::iter::successors(Some(start), move |p| Some(*p * step)).take(count)
}

fn limbs_of(simd: Simd, values: &[Fr]) -> Vec<[u64; 5]> {
    let groups = convert::from_field(simd, values);
    (0..values.len()).map(|i| groups[i / 8].lane(i % 8)).collect()
}

/// The transform of size M over groups, of the part of it that starts at `at` in bit-reversed order: from the column into
/// `out`. Values come out ragged, below (4 + 2·log M) p ≤ 54p.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn levels<const PLAIN: bool>(simd: Simd, column: &[Group], at: usize, out: &mut [Group], tables: &Tables) {
    let len = out.len();
    if len > CACHED {
        let quarter = len / 4;
        for (i, part) in out.chunks_exact_mut(quarter).enumerate() {
            levels::<PLAIN>(simd, column, at + i * quarter, part, tables);
        }
        return two_levels(simd, out, quarter, tables);
    }
    let mut done = first_levels::<PLAIN>(simd, column, at, out, tables);
    while done < len {
        for block in out.chunks_exact_mut(4 * done) {
            two_levels(simd, block, done, tables);
        }
        done *= 4;
    }
}

/// The first one or two levels, which read the column; gives the size of blocks that are done.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn first_levels<const PLAIN: bool>(
    simd: Simd,
    column: &[Group],
    at: usize,
    out: &mut [Group],
    tables: &Tables,
) -> usize {
    let shift = usize::BITS - column.len().trailing_zeros();
    let source = |i: usize| simd.load(&column[(at + i).reverse_bits() >> shift]);
    let first = simd.splat(&tables.level(1)[0]);
    if out.len().trailing_zeros() % 2 == 1 {
        for (i, pair) in out.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            let (a, b) = butterfly::<PLAIN>(simd, source(2 * i), source(2 * i + 1), first);
            simd.store(a, &mut pair[0]);
            simd.store(b, &mut pair[1]);
        }
        return 2;
    }
    let second = tables.level(2);
    let (second, third) = (simd.splat(&second[0]), simd.splat(&second[1]));
    for (i, four) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let (a, b) = butterfly::<PLAIN>(simd, source(4 * i), source(4 * i + 1), first);
        let (c, d) = butterfly::<PLAIN>(simd, source(4 * i + 2), source(4 * i + 3), first);
        // Without a shift the second of these is a multiplication by one too, but of ragged values below 4p.
        let (a, c) = if PLAIN {
            ragged_butterfly(simd, a, c)
        } else {
            butterfly::<false>(simd, a, c, second)
        };
        let (b, d) = butterfly::<false>(simd, b, d, third);
        for (value, group) in [a, b, c, d].into_iter().zip(four) {
            simd.store(value, group);
        }
    }
    4
}

/// a + b·w and a − b·w; b below 2p where w is one.
#[inline(always)]
fn butterfly<const ONE: bool>(simd: Simd, a: Lanes, b: Lanes, w: Lanes) -> (Lanes, Lanes) {
    let b = if ONE {
        b
    } else {
        simd.mul::<Scalar>(simd.carry(b), w)
    };
    (simd.add(a, b), simd.sub::<Scalar>(a, b, 2))
}

/// a + b and a − b for b below 4p.
#[inline(always)]
fn ragged_butterfly(simd: Simd, a: Lanes, b: Lanes) -> (Lanes, Lanes) {
    (simd.add(a, b), simd.sub::<Scalar>(a, b, 4))
}

/// Joins four blocks of `quarter` groups.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn two_levels(simd: Simd, block: &mut [Group], quarter: usize, tables: &Tables) {
    let one = tables.level(quarter);
    let (two, three) = tables.level(2 * quarter).split_at(quarter);
    let (low, high) = block.split_at_mut(2 * quarter);
    let (first, second) = low.split_at_mut(quarter);
    let (third, fourth) = high.split_at_mut(quarter);
    for i in 0..quarter {
        let w = simd.splat(&one[i]);
        let (a, b) = butterfly::<false>(simd, simd.load(&first[i]), simd.load(&second[i]), w);
        let (c, d) = butterfly::<false>(simd, simd.load(&third[i]), simd.load(&fourth[i]), w);
        let (a, c) = butterfly::<false>(simd, a, c, simd.splat(&two[i]));
        let (b, d) = butterfly::<false>(simd, b, d, simd.splat(&three[i]));
        simd.store(a, &mut first[i]);
        simd.store(b, &mut second[i]);
        simd.store(c, &mut third[i]);
        simd.store(d, &mut fourth[i]);
    }
}

/// Transposes, twiddles and transforms over lanes, from `rows` into the column.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn last_levels(simd: Simd, rows: &[Group], column: &mut [Group], tables: &Tables) {
    let blocks = rows.len() / 8;
    let mut work = [Group::zero(simd); 8];
    for (block, rows) in rows.as_chunks::<8>().0.iter().enumerate() {
        transpose(simd, rows, &mut work);
        let twiddles = &tables.lanes[8 * block..8 * block + 8];
        let unscaled = tables.direction == Direction::Forward;
        for (l, (group, twiddle)) in work.iter_mut().zip(twiddles).enumerate() {
            let value = simd.load(group);
            // Lane zero has no twiddle unless all results are scaled.
            if l > 0 || !unscaled {
                simd.store(simd.mul::<Scalar>(simd.carry(value), simd.load(twiddle)), group);
            }
        }
        eight(simd, &mut work, &tables.eighth);
        for (j, group) in work.iter().enumerate() {
            let to = block + blocks * j;
            let value = simd.reduce::<Scalar>(simd.load(group));
            let value = match &tables.last {
                Some(factors) => simd.reduce::<Scalar>(simd.mul::<Scalar>(value, simd.load(&factors[to]))),
                None => value,
            };
            simd.store(value, &mut column[to]);
        }
    }
}

/// Transform of size eight across groups. Group zero below 60p, the others below 2p; results below 76p.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn eight(simd: Simd, x: &mut [Group; 8], w: &[[u64; 5]; 3]) {
    let load = |i: usize| simd.load(&x[i]);
    let plain = |a: Lanes, b: Lanes, bound: usize| (simd.add(a, b), simd.sub::<Scalar>(a, b, bound));
    let times = |a: Lanes, w: &[u64; 5]| simd.mul::<Scalar>(simd.carry(a), simd.splat(w));
    let (a0, a1) = plain(load(0), load(4), 2);
    let (a2, a3) = plain(load(2), load(6), 2);
    let (a4, a5) = plain(load(1), load(5), 2);
    let (a6, a7) = plain(load(3), load(7), 2);
    let (b0, b2) = plain(a0, a2, 4);
    let (b1, b3) = plain(a1, times(a3, &w[1]), 2);
    let (b4, b6) = plain(a4, a6, 4);
    let (b5, b7) = plain(a5, times(a7, &w[1]), 2);
    let results = [
        plain(b0, b4, 8),
        plain(b1, times(b5, &w[0]), 2),
        plain(b2, times(b6, &w[1]), 2),
        plain(b3, times(b7, &w[2]), 2),
    ];
    for (i, (low, high)) in results.into_iter().enumerate() {
        simd.store(low, &mut x[i]);
        simd.store(high, &mut x[i + 4]);
    }
}

/// Lane i of group j becomes lane j of group i.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn transpose(simd: Simd, from: &[Group; 8], to: &mut [Group; 8]) {
    for limb in 0..5 {
        let mut r = [simd.word(0); 8];
        for i in 0..8 {
            r[i] = simd.load_limb(&from[i], limb);
        }
        for i in [0, 2, 4, 6] {
            let (low, high) = (
                _mm512_unpacklo_epi64(r[i], r[i + 1]),
                _mm512_unpackhi_epi64(r[i], r[i + 1]),
            );
            (r[i], r[i + 1]) = (low, high);
        }
        // 128-bit pieces: even ones and odd ones of two rows.
        let even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
        let odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
        for i in [0, 1, 4, 5] {
            let low = _mm512_permutex2var_epi64(r[i], even, r[i + 2]);
            let high = _mm512_permutex2var_epi64(r[i], odd, r[i + 2]);
            (r[i], r[i + 2]) = (low, high);
        }
        // r[i] has columns i and i + 4 of rows 0..4 in its halves, r[i + 4] those of rows 4..8.
        for i in 0..4 {
            simd.store_limb(_mm512_shuffle_i64x2::<0x44>(r[i], r[i + 4]), &mut to[i], limb);
            simd.store_limb(_mm512_shuffle_i64x2::<0xee>(r[i], r[i + 4]), &mut to[i + 4], limb);
        }
    }
}
