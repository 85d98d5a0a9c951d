//! What a circuit is planned for.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

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

/// A word that is no target's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown target {0:?}: expected `fast` or `evm`")]
pub struct UnknownTarget(pub String);

impl Target {
    /// The word: `fast` or `evm`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Evm => "evm",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(word: &str) -> Result<Self, UnknownTarget> {
        [Self::Fast, Self::Evm]
            .into_iter()
            .find(|target| target.name() == word)
            .ok_or_else(|| UnknownTarget(word.to_owned()))
    }
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
