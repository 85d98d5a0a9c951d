//! SRS, keys, witness and proofs for Hallmark circuits: a synchronous library.
//!
//! The caller passes every path and receives progress and warnings through an [`Observer`]; nothing here reads the
//! environment, prints, or starts threads beyond rayon's pool.

pub mod cache;
mod compile;
mod describe;
pub mod engine;
mod error;
pub mod extract;
mod guard;
mod kept;
mod keys;
pub mod observer;
mod planned;
mod prove;
pub mod srs;
pub mod transcript;

pub use compile::{Compiled, Description, compile};
pub use describe::model_description;
pub use error::{Class, ProverError};
pub use kept::{KeptPlan, KeptPlans, PLANS_VERSION};
pub use keys::Keys;
pub use observer::{Event, Observer, Stage, during};
pub use planned::{Estimate, PlannedCircuit, element};
pub use prove::{Engine, Opening, PRECOMPUTED_BYTES, ProveOptions, Proved, Prover, Timings};
