//! FFT of a column that lies in groups of eight consecutive elements.
//!
//! With N = 8·M and index 8·g + l, element k + M·j of the transform is
//! `Σ_l ω_8^(l·j) · ω_N^(l·k) · Σ_g ω_M^(g·k) · x[8·g + l]`:
//! first a transform of size M over g in each lane (decimation in time, two levels per pass, one twiddle for all lanes),
//! then 8×8 transpositions, twiddles and transforms of size eight over l, whose results are in natural order.
//! For values at shift·ω^k the same levels work with the shift's powers in their twiddles.

use super::tables::Tables;
use super::unit::{Kernel, Limbs, Unit};
use crate::column::{GROUP, Group};
use crate::kernels::Direction;
use crate::montgomery::Scalar;

/// Smallest domain: M is at least eight.
pub(super) const MIN_LOG_SIZE: u32 = 6;

/// Groups of a block that stays in the first-level cache.
const CACHED: usize = 64;

/// The transform of size M over groups, of the part of it that starts at `at` in bit-reversed order: from the column into
/// `out`. Values come out ragged, below (4 + 2·log M) p ≤ 54p.
pub(super) struct Lanewise<'a, const PLAIN: bool> {
    pub(super) column: &'a [Group],
    pub(super) at: usize,
    pub(super) out: &'a mut [Group],
    pub(super) tables: &'a Tables,
}

impl<const PLAIN: bool> Kernel for Lanewise<'_, PLAIN> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let Self {
            column,
            at,
            out,
            tables,
        } = self;
        let len = out.len();
        if len > CACHED {
            let quarter = len / 4;
            for (i, out) in out.chunks_exact_mut(quarter).enumerate() {
                let at = at + i * quarter;
                unit.run(Lanewise::<PLAIN> {
                    column,
                    at,
                    out,
                    tables,
                });
            }
            return unit.run(TwoLevels {
                block: out,
                quarter,
                tables,
            });
        }
        let mut quarter = first_levels::<PLAIN, U>(unit, column, at, out, tables);
        while quarter < len {
            for block in out.chunks_exact_mut(4 * quarter) {
                unit.run(TwoLevels {
                    block,
                    quarter,
                    tables,
                });
            }
            quarter *= 4;
        }
    }
}

/// The first one or two levels, which read the column; gives the size of blocks that are done.
#[inline(always)]
fn first_levels<const PLAIN: bool, U: Unit>(
    unit: U,
    column: &[Group],
    at: usize,
    out: &mut [Group],
    tables: &Tables,
) -> usize {
    let first = unit.splat(&tables.level(1)[0]);
    if out.len().trailing_zeros() % 2 == 1 {
        for (i, pair) in out.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            let (a, b) = (
                reversed(unit, column, at + 2 * i),
                reversed(unit, column, at + 2 * i + 1),
            );
            let (a, b) = butterfly::<PLAIN, U>(unit, a, b, first);
            unit.store_group(a, &mut pair[0]);
            unit.store_group(b, &mut pair[1]);
        }
        return 2;
    }
    let second = tables.level(2);
    let (second, third) = (unit.splat(&second[0]), unit.splat(&second[1]));
    for (i, four) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let at = at + 4 * i;
        let (a, b) = (reversed(unit, column, at), reversed(unit, column, at + 1));
        let (a, b) = butterfly::<PLAIN, U>(unit, a, b, first);
        let (c, d) = (reversed(unit, column, at + 2), reversed(unit, column, at + 3));
        let (c, d) = butterfly::<PLAIN, U>(unit, c, d, first);
        // Without a shift the second of these is a multiplication by one too, but of ragged values below 4p.
        let (a, c) = if PLAIN {
            sum_and_difference(unit, a, c, 4)
        } else {
            butterfly::<false, U>(unit, a, c, second)
        };
        let (b, d) = butterfly::<false, U>(unit, b, d, third);
        unit.store_group(a, &mut four[0]);
        unit.store_group(b, &mut four[1]);
        unit.store_group(c, &mut four[2]);
        unit.store_group(d, &mut four[3]);
    }
    4
}

/// The group at the place with the same bits in reverse.
#[inline(always)]
fn reversed<U: Unit>(unit: U, column: &[Group], at: usize) -> Limbs<U> {
    let shift = usize::BITS - column.len().trailing_zeros();
    unit.load_group(&column[at.reverse_bits() >> shift])
}

/// a + b·w and a − b·w; b below 2p where w is one.
#[inline(always)]
fn butterfly<const ONE: bool, U: Unit>(
    unit: U,
    a: Limbs<U>,
    b: Limbs<U>,
    w: Limbs<U>,
) -> (Limbs<U>, Limbs<U>) {
    let b = if ONE { b } else { times(unit, b, w) };
    sum_and_difference(unit, a, b, 2)
}

/// a + b and a − b for b below `bound`·p.
#[inline(always)]
fn sum_and_difference<U: Unit>(unit: U, a: Limbs<U>, b: Limbs<U>, bound: usize) -> (Limbs<U>, Limbs<U>) {
    (unit.add(a, b), unit.sub::<Scalar>(a, b, bound))
}

/// a·w for ragged a.
#[inline(always)]
fn times<U: Unit>(unit: U, a: Limbs<U>, w: Limbs<U>) -> Limbs<U> {
    unit.mul::<Scalar>(unit.carry(a), w)
}

/// Joins four blocks of `quarter` groups.
struct TwoLevels<'a> {
    block: &'a mut [Group],
    quarter: usize,
    tables: &'a Tables,
}

impl Kernel for TwoLevels<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let quarter = self.quarter;
        let one = self.tables.level(quarter);
        let (two, three) = self.tables.level(2 * quarter).split_at(quarter);
        let (low, high) = self.block.split_at_mut(2 * quarter);
        let (first, second) = low.split_at_mut(quarter);
        let (third, fourth) = high.split_at_mut(quarter);
        for i in 0..quarter {
            let w = unit.splat(&one[i]);
            let (a, b) = (unit.load_group(&first[i]), unit.load_group(&second[i]));
            let (a, b) = butterfly::<false, U>(unit, a, b, w);
            let (c, d) = (unit.load_group(&third[i]), unit.load_group(&fourth[i]));
            let (c, d) = butterfly::<false, U>(unit, c, d, w);
            let (a, c) = butterfly::<false, U>(unit, a, c, unit.splat(&two[i]));
            let (b, d) = butterfly::<false, U>(unit, b, d, unit.splat(&three[i]));
            unit.store_group(a, &mut first[i]);
            unit.store_group(b, &mut second[i]);
            unit.store_group(c, &mut third[i]);
            unit.store_group(d, &mut fourth[i]);
        }
    }
}

/// Transposes, twiddles and transforms over lanes, from `rows` into the column.
pub(super) struct LastLevels<'a> {
    pub(super) rows: &'a [Group],
    pub(super) column: &'a mut [Group],
    pub(super) tables: &'a Tables,
}

impl Kernel for LastLevels<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let Self { rows, column, tables } = self;
        let blocks = rows.len() / GROUP;
        let mut work = [Group::ZERO; GROUP];
        for (block, rows) in rows.as_chunks::<GROUP>().0.iter().enumerate() {
            transpose(unit, rows, &mut work);
            let twiddles = &tables.lanes[GROUP * block..GROUP * (block + 1)];
            let unscaled = tables.direction == Direction::Forward;
            for (l, (group, twiddle)) in work.iter_mut().zip(twiddles).enumerate() {
                let value = unit.load_group(group);
                // Lane zero has no twiddle unless all results are scaled.
                if l > 0 || !unscaled {
                    unit.store_group(times(unit, value, unit.load_group(twiddle)), group);
                }
            }
            eight(unit, &mut work, &tables.eighth);
            for (j, group) in work.iter().enumerate() {
                let to = block + blocks * j;
                let value = unit.reduce::<Scalar>(unit.load_group(group));
                let value = match &tables.last {
                    Some(factors) => {
                        unit.reduce::<Scalar>(unit.mul::<Scalar>(value, unit.load_group(&factors[to])))
                    }
                    None => value,
                };
                unit.store_group(value, &mut column[to]);
            }
        }
    }
}

/// Transform of size eight across groups. Group zero below 60p, the others below 2p; results below 76p.
#[inline(always)]
fn eight<U: Unit>(unit: U, x: &mut [Group; GROUP], w: &[[u64; 5]; 3]) {
    let w = [unit.splat(&w[0]), unit.splat(&w[1]), unit.splat(&w[2])];
    let (a0, a1) = sum_and_difference(unit, unit.load_group(&x[0]), unit.load_group(&x[4]), 2);
    let (a2, a3) = sum_and_difference(unit, unit.load_group(&x[2]), unit.load_group(&x[6]), 2);
    let (a4, a5) = sum_and_difference(unit, unit.load_group(&x[1]), unit.load_group(&x[5]), 2);
    let (a6, a7) = sum_and_difference(unit, unit.load_group(&x[3]), unit.load_group(&x[7]), 2);
    let (b0, b2) = sum_and_difference(unit, a0, a2, 4);
    let (b1, b3) = sum_and_difference(unit, a1, times(unit, a3, w[1]), 2);
    let (b4, b6) = sum_and_difference(unit, a4, a6, 4);
    let (b5, b7) = sum_and_difference(unit, a5, times(unit, a7, w[1]), 2);
    let results = [
        sum_and_difference(unit, b0, b4, 8),
        sum_and_difference(unit, b1, times(unit, b5, w[0]), 2),
        sum_and_difference(unit, b2, times(unit, b6, w[1]), 2),
        sum_and_difference(unit, b3, times(unit, b7, w[2]), 2),
    ];
    for (i, (low, high)) in results.into_iter().enumerate() {
        unit.store_group(low, &mut x[i]);
        unit.store_group(high, &mut x[i + 4]);
    }
}

/// Lane i of group j becomes lane j of group i.
#[inline(always)]
fn transpose<U: Unit>(unit: U, from: &[Group; GROUP], to: &mut [Group; GROUP]) {
    for limb in 0..5 {
        let mut rows = [unit.word(0); GROUP];
        for i in 0..GROUP {
            rows[i] = unit.load(&from[i].0[limb]);
        }
        unit.transpose(&mut rows);
        for i in 0..GROUP {
            unit.store(rows[i], &mut to[i].0[limb]);
        }
    }
}
