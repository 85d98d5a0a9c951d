//! SRS, keys, witness and proofs for Hallmark circuits: a synchronous library.
//!
//! The caller passes every path and receives progress and warnings through an [`Observer`]; nothing here reads the
//! environment, prints, or starts threads beyond rayon's pool.

pub mod cache;
mod error;
pub mod observer;
pub mod srs;

pub use error::ProverError;
pub use observer::{Event, Observer, Stage};
