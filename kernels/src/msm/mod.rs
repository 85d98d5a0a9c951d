//! Multi-scalar multiplication: Σ scalar · base.
//!
//! Pippenger's buckets with affine additions that share inversions. A scalar column becomes *segments* (one window of its
//! digits over its points); segments of many columns run through the same rounds together, so that even short columns of
//! narrow scalars fill the batches that one inversion serves.
//!
//! - [`digits`]: scalars to signed digits, and the choice of the window.
//! - [`buckets`]: sums of the buckets of several segments, and their weighted sums.
//! - [`plan`]: which segments run together, and the final sum over windows.
//! - [`tail`]: tables for the few full-size scalars that blind a column of small ones.
//! - [`multiples`]: tables of all bases, with which the windows of a column share one set of buckets.

mod buckets;
mod digits;
mod multiples;
mod plan;
mod tail;

use crate::Backend;
#[cfg(target_arch = "x86_64")]
use crate::ifma;
use crate::portable;
use halo2_proofs::halo2curves::bn256::{G1, G1Affine};
use halo2_proofs::halo2curves::group::Curve as _;
use multiples::Multiples;
use std::sync::OnceLock;

pub use digits::Scalars;
#[cfg(target_arch = "x86_64")]
pub(crate) use digits::subtract;
pub use plan::msm_bytes;

/// Point arithmetic of a backend: affine additions in batches.
///
/// In a pair or an index of a base, bit 31 negates the point.
pub(crate) trait Arithmetic: Copy + Send + Sync {
    /// An affine point; may be the point at infinity.
    type Point: Copy + Send + Sync;
    /// Memory that batches use again.
    type Scratch: Default + Send;

    /// From halo2's form.
    fn prepare(self, points: &[G1Affine]) -> Vec<Self::Point>;
    /// To halo2's form.
    fn to_affine(self, point: &Self::Point) -> G1Affine;
    /// The point, negated if asked.
    fn signed(self, point: &Self::Point, negative: bool) -> Self::Point;
    /// out\[into\[i\]\] ← ±bases\[a\] ± bases\[b\] for pair i. The places in `into` differ.
    fn add_bases(
        self,
        bases: &[Self::Point],
        pairs: &[[u32; 2]],
        into: &[u32],
        out: &mut [Self::Point],
        scratch: &mut Self::Scratch,
    );
    /// points\[a\] ← points\[a\] + points\[b\] for each pair. No first place occurs in another pair.
    fn add_in_place(self, points: &mut [Self::Point], pairs: &[[u32; 2]], scratch: &mut Self::Scratch);
    /// Doubles every point `times` times.
    fn double(self, points: &mut [Self::Point], times: u32, scratch: &mut Self::Scratch);
}

/// Marks a negated base in an index.
pub(crate) const NEGATIVE: u32 = 1 << 31;

/// Points of an SRS, prepared for a backend.
pub struct Bases {
    points: Points,
    len: usize,
    tail: tail::Tail,
}

enum Points {
    Portable(Prepared<portable::points::Portable>),
    /// Only on CPUs with the instructions.
    #[cfg(target_arch = "x86_64")]
    Ifma(Prepared<ifma::points::Ifma>),
}

/// Points in a backend's form.
struct Prepared<A: Arithmetic> {
    arithmetic: A,
    /// The bases, then the tables of the last ones.
    points: Vec<A::Point>,
    multiples: OnceLock<Multiples<A::Point>>,
    /// The sum of the bases, once it is needed.
    total: OnceLock<G1Affine>,
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
        let tail = tail::Tail::new(points.len(), rows.min(points.len()).min(tail::MOST_ROWS));
        let len = points.len();
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = backend.simd() {
            let points = Points::Ifma(Prepared::new(ifma::points::Ifma(simd), points, &tail));
            return Self { points, len, tail };
        }
        let points = Points::Portable(Prepared::new(portable::points::Portable, points, &tail));
        Self { points, len, tail }
    }

    /// Makes tables of multiples of all points, unless they are there: sums of field elements then take about two thirds of
    /// the additions. They occupy [`Bases::multiples_bytes`].
    pub fn precompute(&self) {
        match &self.points {
            Points::Portable(prepared) => prepared.precompute(self.len),
            #[cfg(target_arch = "x86_64")]
            Points::Ifma(prepared) => prepared.precompute(self.len),
        }
    }

    /// Whether there are tables of multiples.
    pub fn precomputed(&self) -> bool {
        match &self.points {
            Points::Portable(prepared) => prepared.multiples.get().is_some(),
            #[cfg(target_arch = "x86_64")]
            Points::Ifma(prepared) => prepared.multiples.get().is_some(),
        }
    }

    /// Bytes of memory that the tables of [`Bases::precompute`] occupy once they are there.
    pub fn multiples_bytes(&self) -> usize {
        let size = match &self.points {
            Points::Portable(_) => size_of::<portable::points::Point>(),
            #[cfg(target_arch = "x86_64")]
            Points::Ifma(_) => size_of::<ifma::points::Point>(),
        };
        multiples::count(self.len) * size
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory that points and tables occupy.
    pub fn bytes(&self) -> usize {
        match &self.points {
            Points::Portable(prepared) => prepared.bytes(),
            #[cfg(target_arch = "x86_64")]
            Points::Ifma(prepared) => prepared.bytes(),
        }
    }
}

impl<A: Arithmetic> Prepared<A> {
    fn new(arithmetic: A, points: &[G1Affine], tail: &tail::Tail) -> Self {
        let mut all = arithmetic.prepare(points);
        all.extend(tail.tables(arithmetic, points));
        Self {
            arithmetic,
            points: all,
            multiples: OnceLock::new(),
            total: OnceLock::new(),
        }
    }

    fn precompute(&self, len: usize) {
        if self.multiples.get().is_none() {
            // Not inside `get_or_init`: while this thread waits for others, it may do work that asks for the same.
            let made = Multiples::new(self.arithmetic, &self.points[..len]);
            self.multiples.get_or_init(|| made);
        }
    }

    fn bytes(&self) -> usize {
        let multiples = self.multiples.get().map_or(0, Multiples::bytes);
        size_of_val(self.points.as_slice()) + multiples
    }
}

/// Σ scalar · base over the shorter of the two.
pub fn msm(bases: &Bases, scalars: Scalars<'_>) -> G1 {
    sums(bases, &[scalars]).pop().unwrap_or_default()
}

/// One sum per column, each over the shorter of column and bases.
pub fn msm_many(bases: &Bases, columns: &[Scalars<'_>]) -> Vec<G1Affine> {
    let sums = sums(bases, columns);
    let mut normalised = vec![G1Affine::default(); sums.len()];
    G1::batch_normalize(&sums, &mut normalised);
    normalised
}

fn sums(bases: &Bases, columns: &[Scalars<'_>]) -> Vec<G1> {
    match &bases.points {
        Points::Portable(prepared) => plan::run(prepared, bases.len, &bases.tail, columns),
        #[cfg(target_arch = "x86_64")]
        Points::Ifma(prepared) => plan::run(prepared, bases.len, &bases.tail, columns),
    }
}
