//! Multi-scalar multiplication: Σ scalar · base.
//!
//! Pippenger's buckets with affine additions that share inversions. A scalar column becomes *segments* (one window of its
//! digits over its points); segments of many columns run through the same rounds together, so that even short columns of
//! narrow scalars fill the batches that one inversion serves.
//!
//! - [`additions`]: what an arithmetic has to do for it.
//! - [`digits`]: scalars to signed digits, and the choice of the window.
//! - [`buckets`]: sums of the buckets of several segments, and their weighted sums.
//! - [`plan`]: which segments run together, and the final sum over windows.
//! - [`tail`]: tables for the few full-size scalars that blind a column of small ones.
//! - [`multiples`]: tables of all bases, with which the windows of a column share one set of buckets.
//! - [`prepared`]: points with their tables.

mod additions;
mod buckets;
mod digits;
mod multiples;
mod plan;
mod prepared;
mod tail;

use halo2_proofs::halo2curves::bn256::G1;

pub(crate) use additions::{Additions, NEGATIVE};
pub use digits::Scalars;
pub use plan::msm_bytes;
pub(crate) use prepared::Prepared;

/// Points to sum up, whatever their arithmetic.
pub(crate) trait Points: Send + Sync {
    /// Number of points, without those of tables.
    fn len(&self) -> usize;
    /// Makes tables of multiples of all points, unless they are there.
    fn precompute(&self);
    /// Whether there are tables of multiples.
    fn precomputed(&self) -> bool;
    /// Bytes of memory that the tables occupy once they are there.
    fn multiples_bytes(&self) -> usize;
    /// Bytes of memory that points and tables occupy.
    fn bytes(&self) -> usize;
    /// One sum per column, each over the shorter of column and points.
    fn sums(&self, columns: &[Scalars<'_>]) -> Vec<G1>;
}

impl<A: Additions> Points for Prepared<A> {
    fn len(&self) -> usize {
        self.len
    }

    fn precompute(&self) {
        Self::precompute(self);
    }

    fn precomputed(&self) -> bool {
        self.multiples.get().is_some()
    }

    fn multiples_bytes(&self) -> usize {
        Self::multiples_bytes(self)
    }

    fn bytes(&self) -> usize {
        Self::bytes(self)
    }

    fn sums(&self, columns: &[Scalars<'_>]) -> Vec<G1> {
        plan::run(self, &self.tail, columns)
    }
}
