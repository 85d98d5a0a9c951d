//! What a key may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// See models, jobs and receipts of the tenant.
    Read,
    /// Run models without a proof.
    Predict,
    /// Register models, submit and cancel jobs, manage webhooks.
    Prove,
    /// See the audit trail of all tenants.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Predict, Self::Prove, Self::Admin];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Predict => "predict",
            Self::Prove => "prove",
            Self::Admin => "admin",
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.word() == word)
            .ok_or_else(|| format!("{word:?} is no scope; there are read, predict, prove and admin"))
    }
}
