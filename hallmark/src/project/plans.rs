//! Plans as they are kept: `plan.json`.

use crate::error::Error;
use crate::reading::json;
use hallmark_prover::{KeptPlans, PLANS_VERSION};
use serde::Deserialize;
use std::path::Path;

/// What is read of kept plans first.
#[derive(Deserialize)]
struct Header {
    version: u32,
}

/// Reads kept plans, which lie at `path` as far as messages are concerned.
///
/// # Errors
/// [`Error::Format`] for another version, and [`Error::Json`].
pub(super) fn parse_plans(path: &Path, bytes: &[u8]) -> Result<KeptPlans, Error> {
    let what = path.display().to_string();
    let Header { version } = json(&what, bytes)?;
    match version == PLANS_VERSION {
        true => json(&what, bytes),
        false => Err(Error::Format {
            what,
            got: version,
            expected: PLANS_VERSION,
        }),
    }
}
