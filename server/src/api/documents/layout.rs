//! The layout of a circuit in numbers, as reports have it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// The layout of a circuit, in numbers.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Layout {
    /// It has 2^k rows.
    k: u32,
    /// Rows that constraints cover.
    usable_rows: u64,
    /// Numbers of columns by what they cost.
    columns: BTreeMap<String, u64>,
    /// Columns by purpose, in the order of the picture.
    groups: Vec<LayoutGroup>,
    /// Lookup tables.
    tables: Vec<LayoutTable>,
    /// One per layer that has cells, in order; then what layers share.
    layers: Vec<LayoutLayer>,
    /// Sums over `layers`.
    totals: BTreeMap<String, u64>,
    /// The model's parameters, and what the layout shows of them.
    parameters: LayoutParameters,
    /// Pairs of cells under copy constraints.
    copies: u64,
    /// The planner's estimate of the proving time on two cores, in milliseconds.
    estimated_prove_ms: f64,
    /// The planner's estimate of the proof's size.
    estimated_proof_bytes: u64,
}

/// Columns of one purpose.
#[derive(Serialize, ToSchema)]
struct LayoutGroup {
    /// The purpose.
    name: String,
    /// What its cells are.
    kind: LayoutKind,
    /// Number of columns.
    columns: u64,
    /// Last used row plus one.
    height: u64,
    /// Usable cells that hold something.
    cells: u64,
    /// Their share of the usable cells, 0 to 1.
    filled: f64,
    /// Why the others are empty, in descending order; together they are all of them.
    empty: Vec<LayoutEmpty>,
}

/// What the cells of a column are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum LayoutKind {
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
#[derive(Serialize, ToSchema)]
struct LayoutEmpty {
    /// The reason, in words.
    reason: String,
    /// Number of cells.
    cells: u64,
    /// Their share of the group's usable cells, 0 to 1.
    share: f64,
    /// What causes most of them, where that can be said.
    #[schema(required = true)]
    most: Option<String>,
}

/// A lookup table.
#[derive(Serialize, ToSchema)]
struct LayoutTable {
    /// What it maps.
    name: String,
    /// Number of rows.
    rows: u64,
}

/// What one layer takes.
#[derive(Serialize, ToSchema)]
struct LayoutLayer {
    /// Name of the layer, or of what is shared.
    name: String,
    /// Its first operation in the integer graph.
    op: String,
    /// Shape of its result; empty for what is shared.
    output_shape: Vec<u64>,
    /// Stored cells with an element.
    cells: u64,
    /// Lookups of these cells.
    lookups: u64,
    /// Rows of evaluations.
    accumulator_rows: u64,
    /// Rows of the dot section.
    dot_rows: u64,
    /// Weights and biases in fixed cells.
    weights: u64,
    /// Share of the estimated cost, 0 to 1.
    share: f64,
}

/// Which fixed cells hold parameters.
#[derive(Serialize, ToSchema)]
struct LayoutParameters {
    /// Every parameter of the integer graph, in the order of its operations.
    all: Vec<LayoutParameter>,
    /// Fixed cells whose values depend on parameters.
    cells: u64,
    /// The fixed columns that these cells lie in.
    columns: Vec<LayoutColumnRange>,
}

/// What a layout makes of one parameter.
#[derive(Serialize, ToSchema)]
struct LayoutParameter {
    /// Name of its layer.
    node: String,
    /// What it is to the layer: `weight`, `bias`, ….
    role: String,
    /// Its shape.
    shape: Vec<u64>,
    /// Bits of its range, [−2^bits, 2^bits).
    bits: u32,
    /// Where it lies.
    place: String,
    /// Fixed cells whose values depend on it.
    cells: u64,
    /// Whether it is zero throughout.
    zero: bool,
    /// Whether the layout shows which of its elements are equal, and which are zero.
    equal_elements: bool,
}

/// Fixed columns next to each other.
#[derive(Serialize, ToSchema)]
struct LayoutColumnRange {
    /// Index of the first one.
    first: u64,
    /// Index of the last one.
    last: u64,
    /// Name of the first one.
    name: String,
    /// Cells in them whose values depend on parameters.
    cells: u64,
}
