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

use crate::{expression::Atom, functional::Step};
use hallmark_model::IntTensor;

/// Where the fixed weights of a row come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightSource {
    /// The node's weight tensor, flat.
    Weight,
    /// The node's bias.
    Bias,
}

/// The weights of a row: lane `lane + i` holds element `first + i·stride`, for `i < count`; other lanes hold zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightRow {
    /// Graph node.
    pub node: usize,
    /// Which of its constants.
    pub source: WeightSource,
    /// Flat index of the first element.
    pub first: usize,
    /// Distance of elements.
    pub stride: usize,
    /// First lane.
    pub lane: usize,
    /// Number of elements.
    pub count: usize,
}

impl WeightRow {
    /// The weight or bias in lane `lane + i`, of these constants of the node.
    pub fn value(&self, (weight, bias): (&IntTensor, &[i64]), i: usize) -> i64 {
        let index = self.first + i * self.stride;
        let found = match self.source {
            WeightSource::Weight => weight
                .as_slice()
                .map_or_else(|| weight.iter().nth(index), |all| all.get(index)),
            WeightSource::Bias => bias.get(index),
        };
        found.copied().unwrap_or(0)
    }
}

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
    /// Weights of the row.
    pub weights: Option<WeightRow>,
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
