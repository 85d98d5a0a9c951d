//! The identity of a model.

use crate::hexadecimal;
use crate::problem::Problem;
use sha2::{Digest, Sha256};

const ID_DOMAIN: &[u8] = b"hallmark model id v1\0";

/// A model's identity: SHA-256 over its whole verifying key, and with it a commitment to weights, arithmetic,
/// layout, statement and SRS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(pub [u8; 32]);

impl ModelId {
    /// The id of the model whose verifying key these bytes are. Nothing in them is read.
    #[must_use]
    pub fn of_key(bytes: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(ID_DOMAIN).chain_update(bytes);
        Self(hash.finalize().into())
    }
}

impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hexadecimal::encode(&self.0))
    }
}

impl std::fmt::Debug for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ModelId({self})")
    }
}

impl std::str::FromStr for ModelId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        hexadecimal::decode(text)
            .map(ModelId)
            .ok_or(Problem::BadEncoding("64 lower-case hexadecimal digits"))
    }
}
