//! Sums of products of small integers and field elements: ten multiply-adds per product, one reduction per sum.

use super::convert;
use super::lanes::Lanes;
use super::unit::{Kernel, Limbs, Unit};
use crate::column::{GROUP, Group};
use crate::montgomery::{Scalar, scalar};
use crate::offsets::{Offsets, SmallColumn};
use halo2_proofs::halo2curves::bn256::Fr;
use rayon::prelude::*;

/// Products that fit into one sum: each adds less than 2^53 to a limb.
const PRODUCTS: usize = 1 << 10;

/// Groups per task of a linear combination.
const CHUNK: usize = 1 << 7;

/// An integer below 2^32 that fits into a limb.
trait Offset: Copy {
    /// Eight of them, one per lane.
    fn load<U: Lanes>(unit: U, from: &[Self; GROUP]) -> U::Word;
}

impl Offset for u16 {
    #[inline(always)]
    fn load<U: Lanes>(unit: U, from: &[Self; GROUP]) -> U::Word {
        unit.load_u16(from)
    }
}

impl Offset for u32 {
    #[inline(always)]
    fn load<U: Lanes>(unit: U, from: &[Self; GROUP]) -> U::Word {
        unit.load_u32(from)
    }
}

/// The sum, ragged, below 3p: [`Unit::montgomery`] divides by R, the product with R² makes up for it.
#[inline(always)]
fn finish<U: Unit>(unit: U, acc: [U::Word; 6]) -> Limbs<U> {
    let mut wide = unit.no_products::<10>();
    wide[..6].copy_from_slice(&acc);
    let sum = unit.carry(unit.montgomery::<Scalar>(wide));
    unit.mul::<Scalar>(sum, unit.splat(&convert::FROM_INTEGER))
}

/// Σ offset · weight.
pub(super) fn dot<U: Unit>(unit: U, column: &SmallColumn, weights: &[Group]) -> Fr {
    let sum = match &column.offsets {
        Offsets::Narrow(offsets) => unit.run(Dot { offsets, weights }),
        Offsets::Wide(offsets) => unit.run(Dot { offsets, weights }),
    };
    convert::to_field(unit, &[sum]).into_iter().sum()
}

struct Dot<'a, T> {
    offsets: &'a [T],
    weights: &'a [Group],
}

impl<T: Offset> Kernel for Dot<'_, T> {
    type Output = Group;

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) -> Group {
        let mut total = unit.splat(&[0; 5]);
        let (offsets, _) = self.offsets.as_chunks::<GROUP>();
        for (offsets, weights) in offsets.chunks(PRODUCTS).zip(self.weights.chunks(PRODUCTS)) {
            let mut acc = unit.no_products();
            for (offset, weight) in offsets.iter().zip(weights) {
                unit.accumulate_small(&mut acc, unit.load_group(weight), T::load(unit, offset));
            }
            // Below 2p and 3p.
            total = unit.reduce::<Scalar>(unit.add(total, finish(unit, acc)));
        }
        let mut sum = Group::ZERO;
        unit.store_group(total, &mut sum);
        sum
    }
}

/// out ← constant + Σ scalar · offset, on all threads.
pub(super) fn combine<U: Unit>(unit: U, out: &mut [Group], columns: &[(&SmallColumn, Fr)], constant: Fr) {
    let (mut narrow, mut wide) = (Vec::new(), Vec::new());
    for (column, factor) in columns {
        match &column.offsets {
            Offsets::Narrow(offsets) => narrow.push((offsets.as_chunks().0, scalar(*factor))),
            Offsets::Wide(offsets) => wide.push((offsets.as_chunks().0, scalar(*factor))),
        }
    }
    let constant = scalar(constant);
    let chunks = out.par_chunks_mut(CHUNK).enumerate();
    chunks.for_each(|(i, out)| {
        unit.run(Combine {
            narrow: &narrow,
            wide: &wide,
            constant: &constant,
            out,
            start: i * CHUNK,
        })
    });
}

/// Columns in groups, with their scalars.
type Terms<'a, T> = [(&'a [[T; GROUP]], [u64; 5])];

/// out ← constant + Σ scalar · offset, from group `start` on.
struct Combine<'a> {
    narrow: &'a Terms<'a, u16>,
    wide: &'a Terms<'a, u32>,
    constant: &'a [u64; 5],
    out: &'a mut [Group],
    start: usize,
}

impl Kernel for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        for (i, out) in self.out.iter_mut().enumerate() {
            let at = self.start + i;
            let total = unit.splat(self.constant);
            let total = add(unit, self.narrow, at, total);
            unit.store_group(add(unit, self.wide, at, total), out);
        }
    }
}

#[inline(always)]
fn add<T: Offset, U: Unit>(unit: U, terms: &Terms<'_, T>, at: usize, mut total: Limbs<U>) -> Limbs<U> {
    for terms in terms.chunks(PRODUCTS) {
        let mut acc = unit.no_products();
        for (offsets, scalar) in terms {
            unit.accumulate_small(&mut acc, unit.splat(scalar), T::load(unit, &offsets[at]));
        }
        total = unit.reduce::<Scalar>(unit.add(total, finish(unit, acc)));
    }
    total
}
