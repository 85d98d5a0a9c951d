//! What a circuit is planned for.

use serde::{Deserialize, Serialize};

/// What a layout is chosen for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Least proving time.
    #[default]
    Fast,
    /// Few columns: small proofs that are cheap to verify on an EVM chain.
    Evm,
}

/// Options of planning. Together with the graph they determine the circuit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanOptions {
    /// What the layout is chosen for.
    pub target: Target,
    /// Whether inputs are hidden behind a commitment.
    pub private_input: bool,
}

/// Smallest and largest `k` that are tried.
pub const K_RANGE: std::ops::RangeInclusive<u32> = 8..=20;
