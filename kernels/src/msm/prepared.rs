//! Points in an arithmetic's form, with their tables.

use super::additions::Additions;
use super::multiples::{self, Multiples};
use super::tail::{self, Tail};
use halo2_proofs::halo2curves::bn256::G1Affine;
use std::sync::OnceLock;

/// Points in an arithmetic's form.
pub(crate) struct Prepared<A: Additions> {
    pub(super) arithmetic: A,
    /// The bases, then the tables of the last ones.
    pub(super) points: Vec<A::Point>,
    /// Number of bases.
    pub(super) len: usize,
    /// Where the tables of the last ones lie.
    pub(super) tail: Tail,
    pub(super) multiples: OnceLock<Multiples<A::Point>>,
    /// The sum of the bases, once it is needed.
    pub(super) total: OnceLock<G1Affine>,
}

impl<A: Additions> Prepared<A> {
    /// With tables for the last `tail` points, at most 64.
    pub(crate) fn new(arithmetic: A, points: &[G1Affine], tail: usize) -> Self {
        let tail = Tail::new(points.len(), tail.min(points.len()).min(tail::MOST_ROWS));
        let mut all = arithmetic.prepare(points);
        all.extend(tail.tables(arithmetic, points));
        Self {
            arithmetic,
            points: all,
            len: points.len(),
            tail,
            multiples: OnceLock::new(),
            total: OnceLock::new(),
        }
    }

    pub(super) fn precompute(&self) {
        if self.multiples.get().is_none() {
            // Not inside `get_or_init`: while this thread waits for others, it may do work that asks for the same.
            let made = Multiples::new(self.arithmetic, &self.points[..self.len]);
            self.multiples.get_or_init(|| made);
        }
    }

    pub(super) fn multiples_bytes(&self) -> usize {
        multiples::count(self.len) * size_of::<A::Point>()
    }

    pub(super) fn bytes(&self) -> usize {
        let multiples = self.multiples.get().map_or(0, Multiples::bytes);
        size_of_val(self.points.as_slice()) + multiples
    }
}
