//! Sums of products over columns: one Montgomery reduction for up to 64 products.

use super::convert;
use super::unit::{Kernel, Unit};
use crate::column::{GROUP, Group};
use crate::montgomery::{Scalar, scalar};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;

/// Products that fit into one double-width sum. Values below 2p each give (64·4 / 84 + 1) p < 5p.
const PRODUCTS: usize = 64;

/// Groups per task of a linear combination.
const CHUNK: usize = 1 << 6;

/// at^i for as many groups as asked.
pub(super) fn powers<U: Unit>(unit: U, at: Fr, groups: usize) -> Vec<Group> {
    // The first 64 powers one by one; then each group is the one eight groups before, times at^64.
    let start: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * at))
        .take(8 * GROUP)
        .collect();
    let mut powers = convert::from_field(unit, &start);
    powers.resize(groups.max(8), Group::ZERO);
    unit.run(Extend {
        groups: &mut powers,
        step: scalar(at.pow_vartime([8 * GROUP as u64])),
    });
    powers
}

struct Extend<'a> {
    groups: &'a mut [Group],
    step: [u64; 5],
}

impl Kernel for Extend<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let step = unit.splat(&self.step);
        for i in 8..self.groups.len() {
            let next = unit.mul::<Scalar>(unit.load_group(&self.groups[i - 8]), step);
            unit.store_group(unit.carry(next), &mut self.groups[i]);
        }
    }
}

/// Σ column\[i\] · powers\[i\] over the column's length.
pub(super) fn dot<U: Unit>(unit: U, column: &[Group], powers: &[Group]) -> Fr {
    let sum = unit.run(Dot { column, powers });
    convert::to_field(unit, &[sum]).into_iter().sum()
}

struct Dot<'a> {
    column: &'a [Group],
    powers: &'a [Group],
}

impl Kernel for Dot<'_> {
    type Output = Group;

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) -> Group {
        let mut total = unit.splat(&[0; 5]);
        for (column, powers) in self.column.chunks(PRODUCTS).zip(self.powers.chunks(PRODUCTS)) {
            let mut acc = unit.no_products();
            for (a, b) in column.iter().zip(powers) {
                unit.accumulate(&mut acc, unit.load_group(a), unit.load_group(b));
            }
            // Below 2p and 5p.
            total = unit.reduce::<Scalar>(unit.add(total, unit.montgomery::<Scalar>(acc)));
        }
        let mut sum = Group::ZERO;
        unit.store_group(total, &mut sum);
        sum
    }
}

/// out ← Σ scalar · column, on all threads.
pub(super) fn combine<U: Unit>(unit: U, out: &mut [Group], terms: &[(&[Group], [u64; 5])]) {
    let chunks = out.par_chunks_mut(CHUNK).enumerate();
    chunks.for_each(|(i, out)| {
        unit.run(Combine {
            terms,
            out,
            start: i * CHUNK,
        })
    });
}

/// out ← Σ scalar · column from group `start` on.
pub(super) struct Combine<'a> {
    pub(super) terms: &'a [(&'a [Group], [u64; 5])],
    pub(super) out: &'a mut [Group],
    pub(super) start: usize,
}

impl Kernel for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let Self { terms, out, start } = self;
        for (i, out) in out.iter_mut().enumerate() {
            let mut total = unit.splat(&[0; 5]);
            for terms in terms.chunks(PRODUCTS) {
                let mut acc = unit.no_products();
                for (groups, scalar) in terms {
                    unit.accumulate(&mut acc, unit.load_group(&groups[start + i]), unit.splat(scalar));
                }
                total = unit.reduce::<Scalar>(unit.add(total, unit.montgomery::<Scalar>(acc)));
            }
            unit.store_group(total, out);
        }
    }
}
