//! The dot section: weights, products with them, and linear combinations of evaluations.
//!
//! Columns: the fixed weight lanes `w`, the weight accumulator `V`, the operand `X` (a stored cell), the factor `F` (a copy
//! of another evaluation) and the running total `T`:
//!
//! ```text
//! V[r] = step(r)·V[r−1] + Σ_j ρ^j·w_j[r]                                        (weight rows; else V is free or a copy)
//! T[r] = (keep + horner·ρ)·T[r−1] + by_operand·V·X + by_factor·V·F + v·V + f·F
//! ```
//!
//! A product of a matrix of several rows, *images*, has an operand column for each: `Σ_i ρ^(i·pitch)·X_i` then takes the place
//! of X, and `v·Σ_i ρ^(i·pitch)` that of v.

use crate::{expression::Atom, functional::Step, parameter::Run};

/// What multiplies the weight accumulator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplier {
    /// Nothing.
    #[default]
    None,
    /// The stored operand `X`.
    Operand,
    /// The copied factor `F`.
    Factor,
}

/// One row of the dot section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotRow {
    /// Graph node, for reports.
    pub node: Option<usize>,
    /// Whether the total continues.
    pub keep: bool,
    /// Whether the total continues, multiplied by ρ.
    pub horner: bool,
    /// The product added to the total.
    pub product: Multiplier,
    /// For how many images `V` counts, in `v` and in a product with operands.
    pub images: usize,
    /// Coefficient of `V`.
    pub v: i64,
    /// Coefficient of `F`.
    pub f: i64,
    /// Source of `V` where it is a copy.
    pub v_from: Option<Atom>,
    /// Source of `F`.
    pub f_from: Option<Atom>,
    /// What the weight lanes of the row hold.
    pub weights: Option<Run>,
    /// How the weight accumulator continues (`None`: it starts).
    pub step: Option<Step>,
    /// Whether the total must be zero here: the end of an equation.
    pub zero: bool,
}

impl Default for DotRow {
    fn default() -> Self {
        Self {
            node: None,
            keep: false,
            horner: false,
            product: Multiplier::None,
            images: 1,
            v: 0,
            f: 0,
            v_from: None,
            f_from: None,
            weights: None,
            step: None,
            zero: false,
        }
    }
}

/// The rows of the dot section. Row 0 stays empty: its total is the constant zero that equations are copied to.
#[derive(Clone, Debug)]
pub struct Dots {
    /// All rows.
    pub rows: Vec<DotRow>,
    /// Powers of ρ between images.
    pub pitch: u32,
}

impl Default for Dots {
    fn default() -> Self {
        Self {
            rows: vec![DotRow::default()],
            pitch: 0,
        }
    }
}

impl Dots {
    /// Appends a row; returns its index.
    pub fn push(&mut self, row: DotRow) -> usize {
        self.rows.push(row);
        self.rows.len() - 1
    }

    /// Number of rows so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing but the empty row 0.
    pub fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    /// Distinct numbers of images above one, ascending.
    pub fn several(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.rows.iter().map(|r| r.images).filter(|i| *i > 1).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Distinct steps of the weight accumulator, ascending.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.rows.iter().filter_map(|r| r.step).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }
}
