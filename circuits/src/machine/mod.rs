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

mod cells;
pub(crate) mod choose;
pub(crate) mod cost;
mod evaluations;
mod gates;
mod lanes;
mod layout;
mod permutation;
mod place;
mod rows;
mod sponge;
mod totals;
mod witness;

pub use cells::{CELLS, Cells, MACHINE, SEGMENTS, UNUSABLE};
pub use gates::DEGREE;
pub use layout::MachineLayout;
pub use place::{Arranged, Constant};
pub use rows::{Machine, Number, Row, SIGMA_SQUARINGS, Wire};
