//! What an arithmetic provides: the interface that the public types stand on.

use crate::column::{Column, Piece};
use crate::msm::Points;
use crate::offsets::SmallColumn;
use halo2_proofs::halo2curves::bn256::{Fr, G1Affine};

/// All kernels of one arithmetic. Columns that it makes have its form; it takes columns of any form.
pub(crate) trait Kernels: Send + Sync {
    /// The arithmetic's name.
    fn name(&self) -> &'static str;

    /// Bytes of an element in a column.
    fn element_bytes(&self) -> usize;

    /// Zeros; the length is a multiple of eight.
    fn zeros(&self, len: usize) -> Column;

    /// These values, padded with zeros to a multiple of eight.
    fn pack(&self, values: &[Fr]) -> Column;

    /// These integers, padded with zeros to `len`, a multiple of eight that is not below their number.
    fn pack_small(&self, values: &[i64], len: usize) -> Column;

    /// The values of a column.
    fn unpack(&self, column: &Column) -> Vec<Fr>;

    /// Transforms of the domain of 2^`log_size` elements that ω generates.
    fn transform(&self, omega: Fr, log_size: u32) -> Box<dyn Transform>;

    /// Registers, all zero.
    fn registers(&self, count: usize) -> Box<dyn File>;

    /// Points to sum up, with tables for the last `tail` ones.
    fn points(&self, points: &[G1Affine], tail: usize) -> Box<dyn Points>;

    /// The polynomials with these coefficients at a point.
    fn evaluate(&self, columns: &[&Column], at: Fr) -> Vec<Fr>;

    /// out ← Σ scalar · column; columns are not shorter than `out`.
    fn combine(&self, out: &mut Column, terms: &[(&Column, Fr)]);

    /// Σ factor^i · part i of parts of `len` elements, a multiple of eight that divides the column's length.
    fn fold(&self, column: &Column, len: usize, factor: Fr) -> Column;

    /// Σ offset · weight for each column; weights are not shorter.
    fn dot_small(&self, columns: &[&SmallColumn], weights: &Column) -> Vec<Fr>;

    /// out ← constant + Σ scalar · offset; columns are not shorter than `out`.
    fn combine_small(&self, out: &mut Column, terms: &[(&SmallColumn, Fr)], constant: Fr);
}

/// Elements of a register.
pub const BLOCK: usize = 64;

/// Which way a transform goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Coefficients to values.
    Forward,
    /// Values to coefficients.
    Inverse,
}

/// Transforms of one domain.
pub(crate) trait Transform: Send + Sync {
    /// Keeps no tables of cosets from now on.
    fn forget(&mut self);

    /// Transforms columns of the domain's size, rounded up to a multiple of eight, which keep their form. Values are those at
    /// `shift`·ω^i.
    fn run(&self, columns: &mut [&mut Column], direction: Direction, shift: Fr);
}

/// A file of registers of [`BLOCK`] elements.
pub(crate) trait File: Send {
    /// Loads from element `start`, which is inside the column; goes on at the column's beginning.
    fn load(&mut self, r: usize, column: &Column, start: usize);
    /// Writes to elements from `at` on, a multiple of eight, as many as there are.
    fn store(&self, r: usize, into: &mut Piece<'_>, at: usize);
    /// All elements ← value.
    fn broadcast(&mut self, r: usize, value: Fr);
    /// out ← a + b.
    fn add(&mut self, out: usize, a: usize, b: usize);
    /// out ← a − b.
    fn sub(&mut self, out: usize, a: usize, b: usize);
    /// out ← a · b.
    fn mul(&mut self, out: usize, a: usize, b: usize);
    /// out ← a².
    fn square(&mut self, out: usize, a: usize);
    /// out ← −a.
    fn negate(&mut self, out: usize, a: usize);
    /// out ← a · b + c.
    fn mul_add(&mut self, out: usize, a: usize, b: usize, c: usize);
}
