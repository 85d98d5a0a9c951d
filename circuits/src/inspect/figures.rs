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
    /// Parameters: which cells of fixed columns hold them, and what the layout shows of them.
    pub parameters: ParametersSummary,
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
    /// What its cells are.
    pub kind: ColumnKind,
    /// Number of columns.
    pub columns: usize,
    /// Last used row plus one.
    pub height: usize,
    /// Usable cells that hold something.
    pub cells: usize,
    /// Their share of the usable cells, 0 to 1.
    pub filled: f64,
    /// Why the others are empty, in descending order; together they are all of them.
    pub empty: Vec<EmptyCells>,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Small integers that are committed to in every proof.
    Small,
    /// Field elements that are committed to in every proof.
    Full,
    /// The same in all proofs.
    Fixed,
    /// Public.
    Instance,
}

/// Cells of a group of columns that hold nothing, for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct EmptyCells {
    /// The reason, in words.
    pub reason: String,
    /// Number of cells.
    pub cells: usize,
    /// Their share of the group's usable cells, 0 to 1.
    pub share: f64,
    /// What causes most of them, where that can be said.
    pub most: Option<String>,
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
    /// Weights, factors and biases of single rows in weight lanes.
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
    /// Weights, factors and biases of single rows in weight lanes.
    pub weights: usize,
}

/// Parameters in fixed cells.
#[derive(Clone, Debug, Serialize)]
pub struct ParametersSummary {
    /// Every parameter of the graph, in the order of its nodes.
    pub all: Vec<ParameterSummary>,
    /// Fixed cells whose values depend on parameters.
    pub cells: usize,
    /// The fixed columns that these cells lie in.
    pub columns: Vec<ColumnRange>,
}

/// What a layout makes of one parameter.
#[derive(Clone, Debug, Serialize)]
pub struct ParameterSummary {
    /// Name of the source node.
    pub node: String,
    /// What it is to the node.
    pub role: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Bits of its range, [−2^bits, 2^bits).
    pub bits: u32,
    /// Where it lies.
    pub place: &'static str,
    /// Fixed cells whose values depend on it.
    pub cells: usize,
    /// Whether it is zero throughout, and nothing is laid out for it unless it is a weight.
    pub zero: bool,
    /// Whether the layout shows which of its elements are equal, and which are zero.
    pub equal_elements: bool,
}

/// Fixed columns next to each other.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnRange {
    /// Index of the first one.
    pub first: usize,
    /// Index of the last one.
    pub last: usize,
    /// Name of the first one.
    pub name: String,
    /// Cells in them whose values depend on parameters.
    pub cells: usize,
}
