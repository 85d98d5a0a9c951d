//! How many powers of a secret an SRS has.

use crate::ProverError;

/// Least supported k: smaller circuits have no room for halo2's blinding rows.
pub const MIN_K: u32 = 4;
/// Greatest supported k: 2^24 rows need about 2 GB for the SRS alone.
pub const MAX_K: u32 = 24;

/// Refuses other sizes.
pub(super) fn check_k(k: u32) -> Result<(), ProverError> {
    if (MIN_K..=MAX_K).contains(&k) {
        Ok(())
    } else {
        Err(ProverError::Size {
            what: "SRS",
            got: k,
            least: MIN_K,
            most: MAX_K,
        })
    }
}

/// Chooses how many powers of a file to use.
pub(super) fn choose_k(available: u32, wanted: Option<u32>, name: &str) -> Result<u32, ProverError> {
    let k = wanted.unwrap_or(available.min(MAX_K));
    check_k(k)?;
    if k > available {
        return Err(ProverError::SrsTooSmall {
            name: name.to_owned(),
            available,
            needed: k,
        });
    }
    Ok(k)
}
