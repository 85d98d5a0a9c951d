//! Hallmark proofs on EVM chains. One contract checks proofs of every model; what differs between models is data, which
//! [`EvmKey`] makes from a verifying key. [`calldata`] encodes calls, [`artifacts`] holds the compiled contracts.
//!
//! A pure library: it knows no chain, no files and no network.

pub mod artifacts;
pub mod calldata;
mod check;
mod error;
mod format;
mod gas;
mod gates;
pub mod hex;
mod key;
mod memory;
mod openings;
mod program;
mod statement;
mod tables;
mod words;

pub use calldata::{Address, Claim, Inference};
pub use check::{KeyFault, check_key};
pub use error::EvmError;
pub use format::MOST_MEMORY;
pub use gas::GasParts;
pub use key::{EvmKey, MAX_CODE_BYTES};
pub use statement::{PackedEntry, PackedStatement};
pub use words::keccak as keccak256;
