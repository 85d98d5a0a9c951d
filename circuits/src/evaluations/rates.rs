//! Milliseconds per thousand rows of a column, two threads with AVX-512 IFMA; fitted to Hallmark's engine by
//! `benches/examples/planner.rs` (see docs/benchmarks.md).

/// Commitment of small integers, FFTs, gates, evaluation, opening.
pub const SMALL: f64 = 0.37;
/// The same for field elements, whose commitment takes longer.
pub const FULL: f64 = 0.67;
/// FFTs and gates of a selector or table.
pub const FIXED: f64 = 0.03;
/// Sums of small products, for weights.
pub const WEIGHTS: f64 = 0.006;
/// A share of a permutation product and a permutation polynomial.
pub const COPIED: f64 = 0.10;
/// Quotient pieces, random polynomial, opening.
pub const BASE: f64 = 7.5;
/// Per proof, in milliseconds.
pub const PROOF: f64 = 3.4;
