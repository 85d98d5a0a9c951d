//! What is said of a layout in numbers.

use serde::Serialize;

/// A layout in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct LayoutSummary {
    /// `log2` of the number of rows.
    pub k: u32,
    /// Rows that constraints cover.
    pub usable_rows: usize,
    /// Columns by what they cost.
    pub columns: ColumnCounts,
    /// Columns by purpose, in the order of the picture.
    pub groups: Vec<ColumnGroup>,
    /// Lookup tables.
    pub tables: Vec<TableSummary>,
    /// One entry per source node that has cells, in order; then what layers share.
    pub layers: Vec<LayerSummary>,
    /// Sums over `layers`.
    pub totals: Totals,
    /// Pairs of cells under copy constraints.
    pub copies: usize,
    /// The planner's estimate of the proving time on two cores, in milliseconds.
    pub estimated_prove_ms: f64,
    /// The planner's estimate of the proof's size, in bytes.
    pub estimated_proof_bytes: usize,
}

/// Numbers of columns.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnCounts {
    /// Advice columns of small integers.
    pub small: usize,
    /// Advice columns of field elements.
    pub full: usize,
    /// Fixed columns.
    pub fixed: usize,
    /// Instance columns.
    pub instance: usize,
    /// Columns under copy constraints.
    pub copied: usize,
}

/// Columns of one purpose.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnGroup {
    /// The purpose.
    pub name: String,
    /// Number of columns.
    pub columns: usize,
    /// Last used row plus one.
    pub height: usize,
    /// Share of the usable cells that hold something, 0 to 1.
    pub filled: f64,
}

/// A lookup table.
#[derive(Clone, Debug, Serialize)]
pub struct TableSummary {
    /// What it maps.
    pub name: String,
    /// Number of rows.
    pub rows: usize,
}

/// What one layer takes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LayerSummary {
    /// Name of the source node, or of what is shared.
    pub name: String,
    /// Its first operation in the integer graph.
    pub op: String,
    /// Shape of its result; empty for what is shared.
    pub output_shape: Vec<usize>,
    /// Stored cells with an element.
    pub cells: usize,
    /// Lookups of these cells.
    pub lookups: usize,
    /// Rows of evaluations.
    pub accumulator_rows: usize,
    /// Rows of the dot section.
    pub dot_rows: usize,
    /// Weights and biases in fixed cells.
    pub weights: usize,
    /// Share of the estimated cost, 0 to 1. Empty cells count for those who fill the same columns.
    pub share: f64,
}

/// Sums over all layers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Stored cells with an element.
    pub cells: usize,
    /// Lookups of these cells.
    pub lookups: usize,
    /// Rows of evaluations.
    pub accumulator_rows: usize,
    /// Rows of the dot section.
    pub dot_rows: usize,
    /// Weights and biases in fixed cells.
    pub weights: usize,
}
