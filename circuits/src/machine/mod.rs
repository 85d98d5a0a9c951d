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
mod permutation;
mod place;
mod rows;
mod sponge;
mod totals;
mod witness;

pub use cells::Cells;
pub use place::{Arranged, Constant};
pub use rows::{Machine, Number, Row, Wire};

use crate::{Fr, builder::Builder, dot::Dots, error::CircuitError, frame::Frame};

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

/// A circuit laid out for the machine.
#[derive(Clone)]
pub struct MachineLayout {
    /// What every layout has.
    pub frame: Frame,
    /// Where everything lies.
    pub arranged: Arranged,
    /// Weights and equations, for reports.
    pub dots: Dots,
}

impl MachineLayout {
    /// The layout of a lowering whose rows are arranged.
    ///
    /// # Errors
    /// [`CircuitError::TooLarge`] if `2^k` rows do not hold it.
    pub(crate) fn new(b: Builder<'_>, mut arranged: Arranged, k: u32) -> Result<Self, CircuitError> {
        if arranged.k() > k {
            return Err(CircuitError::TooLarge {
                reason: format!("2^{} rows are needed", arranged.k()),
                max_k: k,
            });
        }
        arranged.height = (1 << k) / SEGMENTS;
        let (fixed_values, held) = arranged.fixed_values(&b)?;
        let frame = Frame {
            k,
            usable: (1 << k) - UNUSABLE,
            advice_columns: 2,
            first_late: 1,
            fixed_values,
            held,
            copies: arranged.copies(),
            blocks: b.blocks,
            tables: b.tables,
            statement: b.statement,
        };
        Ok(Self {
            frame,
            arranged,
            dots: b.dots,
        })
    }

    /// The fixed column that holds constants that are no small integers, if there is one: its index and its values from row 0.
    pub(crate) fn field_column(&self) -> Option<(usize, Vec<Fr>)> {
        self.arranged.field_column(&self.frame.fixed_values)
    }
}
