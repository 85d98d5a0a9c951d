//! Kernels for CPUs with AVX-512 IFMA: eight lanes of Montgomery arithmetic in radix 2^52.
//!
//! - [`field`]: the lanes' arithmetic and its bounds; everything else is built of it.
//! - [`convert`]: between halo2's form and groups of eight elements.
//! - [`fft`], [`registers`], [`polynomial`], [`small`], [`points`]: the kernels.
//!
//! Kernels are compiled for the instructions by `#[target_feature]`; calling one is `unsafe`, and what makes it sound is a
//! [`Simd`] value, which only a successful detection gives.

pub(crate) mod convert;
mod doubling;
pub(crate) mod fft;
pub(crate) mod field;
pub(crate) mod points;
pub(crate) mod polynomial;
pub(crate) mod registers;
pub(crate) mod small;

#[cfg(test)]
mod tests;

pub(crate) use field::{Group, Simd};
