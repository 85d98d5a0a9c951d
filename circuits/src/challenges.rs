//! The verifier's challenges.

use crate::scalar::Fr;

/// The verifier's challenges, in the order in which they are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Challenges {
    /// Drawn after the stored cells are committed.
    pub rho: Fr,
    /// Drawn with ρ, independent of it.
    pub sigma: Fr,
    /// Separates lookups from table rows.
    pub beta: Fr,
    /// Separates components of a lookup.
    pub gamma: Fr,
}
