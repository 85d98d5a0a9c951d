//! Kernels for vector units: Montgomery arithmetic in radix 2^52 on eight lanes, written once for all of them.
//!
//! - [`lanes`]: what a unit offers; [`unit`]: field arithmetic on it and its bounds; everything else is built of that.
//! - [`ifma`]: the units.
//! - [`convert`]: between halo2's form and groups of eight elements.
//! - [`fft`], [`registers`], [`polynomial`], [`small`], [`points`], [`doubling`]: the kernels.
//!
//! Kernels are generic and compiled for a unit's instructions in [`unit::Unit::run`].

#[cfg(test)]
pub(crate) mod arrays;
mod convert;
mod doubling;
mod fft;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ifma;
mod inversion;
mod lanes;
mod point;
mod points;
mod polynomial;
mod registers;
mod small;
mod tables;
mod transform;
mod unit;

#[cfg(test)]
mod tests;

use crate::column::{Column, GROUP, Group};
use crate::kernels::{File, Kernels, Transform};
use crate::montgomery::scalar;
use crate::msm::{self, Additions, Points};
use crate::offsets::SmallColumn;
use crate::portable::Portable;
use halo2_proofs::halo2curves::bn256::{Fr, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use point::Point;
use points::{Apart, BATCH, Batch, InPlace, Scratch};
use rayon::prelude::*;

pub(crate) use unit::Unit;

/// The arithmetic of a vector unit.
#[derive(Clone, Copy)]
pub(crate) struct Vector<U>(pub(crate) U);

impl<U: Unit> Kernels for Vector<U> {
    fn name(&self) -> &'static str {
        U::NAME
    }

    fn element_bytes(&self) -> usize {
        size_of::<Group>() / GROUP
    }

    fn zeros(&self, len: usize) -> Column {
        Column::Groups(vec![Group::ZERO; len / GROUP])
    }

    fn pack(&self, values: &[Fr]) -> Column {
        Column::Groups(convert::from_field(self.0, values))
    }

    fn pack_small(&self, values: &[i64], len: usize) -> Column {
        Column::Groups(convert::from_small(self.0, values, len))
    }

    fn unpack(&self, column: &Column) -> Vec<Fr> {
        match column {
            Column::Values(values) => values.clone(),
            Column::Groups(groups) => convert::to_field(self.0, groups),
        }
    }

    fn transform(&self, omega: Fr, log_size: u32) -> Box<dyn Transform> {
        if log_size < fft::MIN_LOG_SIZE {
            return Portable.transform(omega, log_size);
        }
        Box::new(transform::Transform::new(self.0, omega, log_size))
    }

    fn registers(&self, count: usize) -> Box<dyn File> {
        Box::new(registers::File::new(self.0, count))
    }

    fn points(&self, points: &[G1Affine], tail: usize) -> Box<dyn Points> {
        Box::new(msm::Prepared::new(*self, points, tail))
    }

    fn evaluate(&self, columns: &[&Column], at: Fr) -> Vec<Fr> {
        let longest = columns.iter().map(|c| c.len()).max().unwrap_or(0);
        let powers = polynomial::powers(self.0, at, longest / GROUP);
        columns
            .par_iter()
            .map(|column| polynomial::dot(self.0, &column.groups(), &powers))
            .collect()
    }

    fn combine(&self, out: &mut Column, terms: &[(&Column, Fr)]) {
        let columns: Vec<_> = terms.iter().map(|(c, s)| (c.groups(), scalar(*s))).collect();
        let terms: Vec<(&[Group], _)> = columns.iter().map(|(c, s)| (&**c, *s)).collect();
        polynomial::combine(self.0, out.groups_mut(), &terms);
    }

    fn fold(&self, column: &Column, len: usize, factor: Fr) -> Column {
        let powers = std::iter::successors(Some(Fr::ONE), |power| Some(*power * factor));
        let groups = column.groups();
        let parts = groups.chunks(len / GROUP);
        let terms: Vec<(&[Group], _)> = parts.zip(powers).map(|(c, s)| (c, scalar(s))).collect();
        let mut out = vec![Group::ZERO; len / GROUP];
        self.0.run(polynomial::Combine {
            terms: &terms,
            out: &mut out,
            start: 0,
        });
        Column::Groups(out)
    }

    fn dot_small(&self, columns: &[&SmallColumn], weights: &Column) -> Vec<Fr> {
        let weights = weights.groups();
        columns
            .par_iter()
            .map(|column| small::dot(self.0, column, &weights))
            .collect()
    }

    fn combine_small(&self, out: &mut Column, terms: &[(&SmallColumn, Fr)], constant: Fr) {
        small::combine(self.0, out.groups_mut(), terms, constant);
    }
}

impl<U: Unit> Additions for Vector<U> {
    type Point = Point;
    type Scratch = Scratch;

    fn prepare(self, points: &[G1Affine]) -> Vec<Point> {
        points.iter().map(Point::from_affine).collect()
    }

    fn to_affine(self, point: &Point) -> G1Affine {
        point.to_affine()
    }

    fn signed(self, point: &Point, negative: bool) -> Point {
        point.signed(negative)
    }

    fn add_bases(
        self,
        bases: &[Point],
        pairs: &[[u32; 2]],
        into: &[u32],
        out: &mut [Point],
        scratch: &mut Scratch,
    ) {
        for (pairs, into) in pairs.chunks(BATCH).zip(into.chunks(BATCH)) {
            let places = Apart {
                from: bases,
                to: &mut *out,
                into,
            };
            self.0.run(Batch::<true, _> {
                pairs,
                places,
                scratch: &mut *scratch,
            });
        }
    }

    fn add_in_place(self, points: &mut [Point], pairs: &[[u32; 2]], scratch: &mut Scratch) {
        for pairs in pairs.chunks(BATCH) {
            let places = InPlace {
                points: &mut *points,
                pairs,
            };
            self.0.run(Batch::<false, _> {
                pairs,
                places,
                scratch: &mut *scratch,
            });
        }
    }

    fn double(self, points: &mut [Point], times: u32, _: &mut Scratch) {
        for points in points.chunks_mut(BATCH) {
            doubling::double(self.0, points, times);
        }
    }
}
