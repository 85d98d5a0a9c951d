//! Batches of affine additions, eight at a time.
//!
//! A batch has two passes, as Montgomery's trick has: forward over the denominators x₂ − x₁, keeping products; one
//! inversion; backward, taking each denominator's inverse off and adding. Additions that have no such denominator (equal or
//! opposite points, infinity) are found in the first pass, count as one there, and are done one by one in the second.

use super::inversion::{CHAINS, invert};
use super::point::{ONE, Point};
use super::unit::{Kernel, Limbs, Unit};
use crate::column::{GROUP, Group};
use crate::montgomery::{Base, limbs};
use crate::msm::NEGATIVE;

/// Additions that share an inversion: their products stay in the second-level cache.
pub(super) const BATCH: usize = 256 * GROUP;
/// How many groups before they are needed bases are fetched: tables of multiples lie beyond the second-level cache.
const AHEAD: usize = 6;

/// What a batch keeps between its passes.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Denominators, and products of those before in the chain.
    kept: Vec<[Group; 2]>,
    /// Lanes that are added one by one.
    exceptional: Vec<u8>,
}

/// Where the points of a batch lie.
pub(super) trait Places {
    /// Operands.
    fn from(&self) -> &[Point];
    /// Where the sum of pair `i` goes.
    fn to(&mut self, i: usize) -> &mut Point;
}

/// Sums go to places of their own.
pub(super) struct Apart<'a> {
    pub(super) from: &'a [Point],
    pub(super) to: &'a mut [Point],
    /// One for each pair.
    pub(super) into: &'a [u32],
}

impl Places for Apart<'_> {
    #[inline(always)]
    fn from(&self) -> &[Point] {
        self.from
    }

    #[inline(always)]
    fn to(&mut self, i: usize) -> &mut Point {
        &mut self.to[self.into[i] as usize]
    }
}

/// Sums take the places of first operands.
pub(super) struct InPlace<'a> {
    pub(super) points: &'a mut [Point],
    pub(super) pairs: &'a [[u32; 2]],
}

impl Places for InPlace<'_> {
    #[inline(always)]
    fn from(&self) -> &[Point] {
        self.points
    }

    #[inline(always)]
    fn to(&mut self, i: usize) -> &mut Point {
        &mut self.points[self.pairs[i][0] as usize]
    }
}

/// One batch of at most [`BATCH`] additions. Signs of operands count if `SIGNED`.
pub(super) struct Batch<'a, const SIGNED: bool, P> {
    pub(super) pairs: &'a [[u32; 2]],
    pub(super) places: P,
    pub(super) scratch: &'a mut Scratch,
}

/// A group's first or second operands, with the signs of y.
struct Operands<'a> {
    points: [&'a Point; GROUP],
    negative: u8,
}

impl<const SIGNED: bool, P: Places> Kernel for Batch<'_, SIGNED, P> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let Self {
            pairs,
            mut places,
            scratch,
        } = self;
        let groups = pairs.len().div_ceil(GROUP);
        if groups == 0 {
            return;
        }
        scratch
            .kept
            .resize(groups.max(scratch.kept.len()), [Group::ZERO; 2]);
        scratch
            .exceptional
            .resize(groups.max(scratch.exceptional.len()), 0);
        let kept = &mut scratch.kept[..groups];
        let exceptional = &mut scratch.exceptional[..groups];
        let one = unit.splat(&limbs(&ONE));
        let mut chains = [one; CHAINS];
        for (group, (kept, exceptional)) in kept.iter_mut().zip(exceptional.iter_mut()).enumerate() {
            let from = places.from();
            if SIGNED {
                fetch(unit, from, pairs, group + AHEAD);
            }
            let indices = indices(pairs, group);
            let (a, b) = (
                operands::<SIGNED>(from, &indices, 0),
                operands::<SIGNED>(from, &indices, 1),
            );
            let (a, b) = (abscissas(unit, &a), abscissas(unit, &b));
            let none = no_denominator(unit, a, b);
            let difference = unit.sub::<Base>(unit.split(b), unit.split(a), 1);
            let difference = unit.carry(unit.select(unit.mask(none), difference, one));
            let chain = &mut chains[group % CHAINS];
            unit.store_group(difference, &mut kept[0]);
            unit.store_group(*chain, &mut kept[1]);
            *chain = unit.carry(unit.mul::<Base>(*chain, difference));
            *exceptional = none;
        }
        let mut inverses = invert(unit, chains);
        for (group, ([difference, before], exceptional)) in
            kept.iter().zip(exceptional.iter()).enumerate().rev()
        {
            let chain = &mut inverses[group % CHAINS];
            let inverse = unit.carry(unit.mul::<Base>(*chain, unit.load_group(before)));
            *chain = unit.carry(unit.mul::<Base>(*chain, unit.load_group(difference)));
            let from = places.from();
            let indices = indices(pairs, group);
            let (a, b) = (
                operands::<SIGNED>(from, &indices, 0),
                operands::<SIGNED>(from, &indices, 1),
            );
            let [x, y] = chords(unit, &a, &b, inverse);
            let first = GROUP * group;
            for (lane, pair) in pairs[first..].iter().take(GROUP).enumerate() {
                if *exceptional >> lane & 1 == 1 {
                    *places.to(first + lane) = one_by_one(places.from(), pair);
                } else {
                    // One after the other: a whole point would wait for both to arrive in memory.
                    let to = places.to(first + lane);
                    to.x = x[lane];
                    to.y = y[lane];
                }
            }
        }
    }
}

/// The pairs of a group; the last addition again for those past it.
#[inline(always)]
fn indices(pairs: &[[u32; 2]], group: usize) -> [[u32; 2]; GROUP] {
    let (full, rest) = pairs.as_chunks::<GROUP>();
    match full.get(group) {
        Some(indices) => *indices,
        None => std::array::from_fn(|lane| rest[lane.min(rest.len() - 1)]),
    }
}

/// The first (0) or second (1) operands of a group's additions.
#[inline(always)]
fn operands<'a, const SIGNED: bool>(
    from: &'a [Point],
    indices: &[[u32; 2]; GROUP],
    which: usize,
) -> Operands<'a> {
    let mut points = [&from[0]; GROUP];
    let mut negative = 0;
    for lane in 0..GROUP {
        let index = indices[lane][which];
        if SIGNED {
            negative |= ((index >> 31) as u8) << lane;
        }
        points[lane] = &from[(index & !NEGATIVE) as usize];
    }
    Operands { points, negative }
}

/// Asks for the operands of a group to be brought into the cache.
#[inline(always)]
fn fetch<U: Unit>(unit: U, from: &[Point], pairs: &[[u32; 2]], group: usize) {
    for pair in pairs.iter().skip(GROUP * group).take(GROUP) {
        for index in pair {
            unit.prefetch(&from[(index & !NEGATIVE) as usize]);
        }
    }
}

/// x of a group's points, in words.
#[inline(always)]
fn abscissas<U: Unit>(unit: U, operands: &Operands<'_>) -> [U::Word; 4] {
    unit.gather(operands.points.map(|point| &point.x))
}

/// y of a group's points, in words.
#[inline(always)]
fn ordinates<U: Unit>(unit: U, operands: &Operands<'_>) -> [U::Word; 4] {
    unit.gather(operands.points.map(|point| &point.y))
}

/// Bits of all words together.
#[inline(always)]
fn any<U: Unit>(unit: U, w: [U::Word; 4]) -> U::Word {
    unit.or(unit.or(w[0], w[1]), unit.or(w[2], w[3]))
}

/// Lanes whose points have the same x, or are perhaps infinity: x is zero.
#[inline(always)]
fn no_denominator<U: Unit>(unit: U, a: [U::Word; 4], b: [U::Word; 4]) -> u8 {
    let mut difference = a;
    for i in 0..4 {
        difference[i] = unit.minus(a[i], b[i]);
    }
    let equal = unit.bits(unit.zero(any(unit, difference)));
    equal | unit.bits(unit.zero(any(unit, a))) | unit.bits(unit.zero(any(unit, b)))
}

/// Sums of points with different x: x₃ = λ² − x₁ − x₂ and y₃ = λ·(x₁ − x₃) − y₁ with λ = (y₂ − y₁)·inverse; lane by lane.
#[inline(always)]
fn chords<U: Unit>(unit: U, a: &Operands<'_>, b: &Operands<'_>, inverse: Limbs<U>) -> [[[u64; 4]; GROUP]; 2] {
    let (x1, x2) = (unit.split(abscissas(unit, a)), unit.split(abscissas(unit, b)));
    let (mut y1, mut y2) = (unit.split(ordinates(unit, a)), unit.split(ordinates(unit, b)));
    if a.negative | b.negative != 0 {
        let zero = unit.splat(&[0; 5]);
        y1 = unit.select(unit.mask(a.negative), y1, unit.sub::<Base>(zero, y1, 2));
        y2 = unit.select(unit.mask(b.negative), y2, unit.sub::<Base>(zero, y2, 2));
    }
    let rise = unit.carry(unit.sub::<Base>(y2, y1, 2));
    let slope = unit.carry(unit.mul::<Base>(rise, inverse));
    let square = unit.mul::<Base>(slope, slope);
    let x3 = unit.canonical::<Base>(unit.sub::<Base>(square, unit.add(x1, x2), 2));
    let fall = unit.carry(unit.sub::<Base>(x1, x3, 1));
    let y3 = unit.reduce::<Base>(unit.sub::<Base>(unit.mul::<Base>(slope, fall), y1, 2));
    [unit.scatter(unit.join(x3)), unit.scatter(unit.join(y3))]
}

/// The sum of any two points.
#[cold]
fn one_by_one(from: &[Point], pair: &[u32; 2]) -> Point {
    let [p, q] = pair.map(|index| from[(index & !NEGATIVE) as usize].signed(index & NEGATIVE != 0));
    p.plus(q)
}
