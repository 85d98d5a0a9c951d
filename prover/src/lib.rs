//! SRS, keys, witness and proofs for Hallmark circuits: a synchronous library.
//!
//! The caller passes every path and receives progress and warnings through an [`Observer`]; nothing here reads the
//! environment, prints, or starts threads beyond rayon's pool.

pub mod cache;
mod describe;
pub mod engine;
mod error;
pub mod extract;
mod keys;
pub mod observer;
pub mod pipeline;
pub mod srs;
pub mod transcript;

pub use describe::model_description;
pub use error::{ErrorClass, ProverError};
pub use keys::Keys;
pub use observer::{Event, Observer, Stage};
pub use pipeline::{
    Compiled, Description, Engine, Estimate, Opening, PRECOMPUTED_BYTES, PlannedCircuit, ProveOptions,
    Proved, Prover, Timings, compile,
};
