//! Points of an SRS, and sums of their multiples.

use crate::backend::Backend;
use crate::msm::{Points, Scalars};
use halo2_proofs::halo2curves::bn256::{G1, G1Affine};
use halo2_proofs::halo2curves::group::Curve as _;

/// Points of an SRS, prepared for a backend.
pub struct Bases {
    backend: Backend,
    points: Box<dyn Points>,
}

impl Bases {
    /// Prepares points, any of which may be infinity or occur more than once.
    ///
    /// # Panics
    /// If there are 2^30 points or more.
    pub fn new(backend: Backend, points: &[G1Affine]) -> Self {
        Self::with_tail(backend, points, 0)
    }

    /// As [`Bases::new`], with tables for the last `rows` points, at most 64 (256 KiB each), that make
    /// [`Scalars::Blinded`] cheap.
    ///
    /// # Panics
    /// If there are 2^30 points or more.
    pub fn with_tail(backend: Backend, points: &[G1Affine], rows: usize) -> Self {
        assert!(
            points.len() < 1 << 30,
            "{} points: the limit is 2^30 − 1",
            points.len()
        );
        Self {
            backend,
            points: backend.0.points(points, rows),
        }
    }

    /// The backend whose form the points have.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Makes tables of multiples of all points, unless they are there: sums of field elements then take about two thirds of
    /// the additions. They occupy [`Bases::multiples_bytes`].
    pub fn precompute(&self) {
        self.points.precompute();
    }

    /// Whether there are tables of multiples.
    pub fn precomputed(&self) -> bool {
        self.points.precomputed()
    }

    /// Bytes of memory that the tables of [`Bases::precompute`] occupy once they are there.
    pub fn multiples_bytes(&self) -> usize {
        self.points.multiples_bytes()
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that points and tables occupy.
    pub fn bytes(&self) -> usize {
        self.points.bytes()
    }
}

/// Σ scalar · base over the shorter of the two.
pub fn msm(bases: &Bases, scalars: Scalars<'_>) -> G1 {
    bases.points.sums(&[scalars]).pop().unwrap_or_default()
}

/// One sum per column, each over the shorter of column and bases.
pub fn msm_many(bases: &Bases, columns: &[Scalars<'_>]) -> Vec<G1Affine> {
    let sums = bases.points.sums(columns);
    let mut normalised = vec![G1Affine::default(); sums.len()];
    G1::batch_normalize(&sums, &mut normalised);
    normalised
}
