//! One file per command.

pub mod bench;
pub mod check;
pub mod compile;
pub mod completions;
pub mod conformance;
pub mod demo;
pub mod evm;
mod floor;
pub mod inspect;
pub mod keys;
pub mod log;
pub mod prove;
pub mod run;
pub mod serve;
pub mod srs;
pub mod verify;
pub mod worker;
