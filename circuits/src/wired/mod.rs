//! The layout for contracts: few commitments instead of fast proving.
//!
//! What a contract pays for is the number of committed polynomials, and after that the number of their evaluations; the number of
//! rows costs it next to nothing. So everything that is not a lookup becomes rows of one small *machine*, whose operands are wired by
//! copy constraints, and several columns share a polynomial: a physical column of `n` rows consists of [`SEGMENTS`] logical
//! columns of `n / SEGMENTS` rows, one after the other, which gates read at rotations by whole segments.
//!
//! ```text
//! A    cells       multiplicities   values of functions   cells without a lookup     (phase 0)
//! B    e           b                E                     S                          (last phase)
//!
//! E[r] = e[r]·E[r−1] + c[r]·b[r] + f[r] + ρ·w_1[r] + ρ²·w_2[r] + … + instance[r]
//! S[r] = S[r−1] + 1/(β − cell) − multiplicity/(β − table row)
//! ```
//!
//! Every `e` is wired: to a result E of an earlier row or to a cell. So is every `b` with `c ≠ 0`, but for one that is meant to be free.
//! `docs/circuits.md` has the argument why that suffices.

pub(crate) mod choose;
mod evaluations;
mod gates;
mod lanes;
mod machine;
mod permutation;
mod place;
mod sponge;
mod totals;
mod witness;

pub use machine::{Machine, Number, Row, Wire};
pub use place::{Cells, Wired};

pub(crate) use gates::create as create_gates;
pub(crate) use place::lay_out;
pub(crate) use witness::{late, stored};

/// Logical columns in a physical one.
pub const SEGMENTS: usize = 4;

/// Rows at the end of a segment that no gate covers: in the last segment halo2 fills them with randomness, as many as the openings of
/// the column that has the most, and a few.
pub const UNUSABLE: usize = 16;

/// σ stands for `ρ^(2^24)`: as no power of ρ in an identity reaches that, two different monomials in ρ and σ are
/// different powers of ρ.
pub const SIGMA_SQUARINGS: u32 = 24;

/// Degree of the constraint system: the selector times three factors of the lookup.
pub const DEGREE: usize = 4;

/// The physical column of stored cells.
pub const CELLS: usize = 0;
/// The machine's column.
pub const MACHINE: usize = 1;
