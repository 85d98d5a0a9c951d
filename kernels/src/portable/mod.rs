//! Kernels in plain 64-bit arithmetic.

pub(crate) mod fft;
pub(crate) mod points;
pub(crate) mod small;
