//! Batches of affine additions in 64-bit arithmetic.

use super::Portable;
use crate::msm::{Additions, NEGATIVE};
use halo2_proofs::halo2curves::bn256::{Fq, G1, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::group::{Curve as _, Group as _};

/// Additions that share an inversion.
const BATCH: usize = 1 << 10;

/// An affine point, infinity at (0, 0), which is not on the curve.
pub(crate) type Point = G1Affine;

/// Denominators of a batch, and their products up to each.
#[derive(Default)]
pub(crate) struct Scratch {
    denominators: Vec<Fq>,
    products: Vec<Fq>,
}

impl Additions for Portable {
    type Point = Point;
    type Scratch = Scratch;

    fn prepare(self, points: &[G1Affine]) -> Vec<Point> {
        points.to_vec()
    }

    fn to_affine(self, point: &Point) -> G1Affine {
        *point
    }

    fn signed(self, point: &Point, negative: bool) -> Point {
        if negative { -point } else { *point }
    }

    fn add_bases(
        self,
        bases: &[Point],
        pairs: &[[u32; 2]],
        into: &[u32],
        out: &mut [Point],
        scratch: &mut Scratch,
    ) {
        let base = |i: u32| self.signed(&bases[(i & !NEGATIVE) as usize], i & NEGATIVE != 0);
        for (pairs, into) in pairs.chunks(BATCH).zip(into.chunks(BATCH)) {
            scratch.prepare(pairs.len(), |i| {
                pairs[i].map(|b| bases[(b & !NEGATIVE) as usize].x)
            });
            let mut inverse = scratch.inverse();
            for i in (0..pairs.len()).rev() {
                let [a, b] = pairs[i].map(base);
                out[into[i] as usize] = scratch.add(i, &a, &b, &mut inverse);
            }
        }
    }

    fn add_in_place(self, points: &mut [Point], pairs: &[[u32; 2]], scratch: &mut Scratch) {
        for pairs in pairs.chunks(BATCH) {
            scratch.prepare(pairs.len(), |i| pairs[i].map(|p| points[p as usize].x));
            let mut inverse = scratch.inverse();
            for i in (0..pairs.len()).rev() {
                let [a, b] = pairs[i].map(|p| points[p as usize]);
                points[pairs[i][0] as usize] = scratch.add(i, &a, &b, &mut inverse);
            }
        }
    }

    fn double(self, points: &mut [Point], times: u32, _: &mut Scratch) {
        let doubled: Vec<G1> = points
            .iter()
            .map(|point| (0..times).fold(G1::from(*point), |sum, _| sum.double()))
            .collect();
        G1::batch_normalize(&doubled, points);
    }
}

impl Scratch {
    /// Denominators x₂ − x₁, one where they are zero: such additions are done otherwise.
    fn prepare(&mut self, pairs: usize, x: impl Fn(usize) -> [Fq; 2]) {
        self.denominators.clear();
        self.products.clear();
        let mut product = Fq::ONE;
        for i in 0..pairs {
            let [x1, x2] = x(i);
            let difference = x2 - x1;
            let denominator = if bool::from(difference.is_zero()) {
                Fq::ONE
            } else {
                difference
            };
            self.products.push(product);
            self.denominators.push(denominator);
            product *= denominator;
        }
        self.products.push(product);
    }

    fn inverse(&self) -> Fq {
        self.products
            .last()
            .and_then(|p| Option::from(p.invert()))
            .unwrap_or(Fq::ZERO)
    }

    /// a + b for pair i; `inverse` is that of the product of the denominators up to this one.
    fn add(&self, i: usize, a: &Point, b: &Point, inverse: &mut Fq) -> Point {
        let own = *inverse * self.products[i];
        *inverse *= self.denominators[i];
        if a.x == b.x || infinite(a) || infinite(b) {
            return (G1::from(a) + b).to_affine();
        }
        let slope = (b.y - a.y) * own;
        let x = slope.square() - a.x - b.x;
        Point {
            x,
            y: slope * (a.x - x) - a.y,
        }
    }
}

fn infinite(point: &Point) -> bool {
    point.x == Fq::ZERO && point.y == Fq::ZERO
}
