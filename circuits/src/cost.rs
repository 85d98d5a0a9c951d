//! The cost model: what a layout costs to prove and to verify.

use serde::Serialize;

/// Estimated cost of a layout.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// Columns of small integers.
    pub small_columns: usize,
    /// Columns of field elements.
    pub full_columns: usize,
    /// Fixed columns.
    pub fixed_columns: usize,
    /// Those among them that hold weights: they are only added up.
    pub weight_columns: usize,
    /// Columns under copy constraints.
    pub copied_columns: usize,
    /// Estimated proving time on two cores with AVX-512 IFMA.
    pub prove_ms: f64,
    /// Estimated time of key generation on the same.
    pub keygen_ms: f64,
    /// Estimated proof size.
    pub proof_bytes: usize,
    /// What the planner minimises.
    pub score: f64,
}
