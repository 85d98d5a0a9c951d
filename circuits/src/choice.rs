//! What the search for a layout decided, and how far it is.

use crate::builder::Widths;
use serde::{Deserialize, Serialize};

/// Rows and widths of a layout. With the graph and the options it says which layout is meant, whoever chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Rows are 2^k.
    pub k: u32,
    /// Widths of the banks.
    pub widths: Widths,
}

/// Hears which part of a search is done, from 0 to 1.
pub type Progress<'a> = &'a (dyn Fn(f64) + Sync);
