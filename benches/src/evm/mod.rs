//! Sizes and gas of the contracts, measured in an EVM: the figures of `docs/evm.md`.

mod models;
mod options;
mod report;

pub use options::{Inputs, Options};
pub use report::{Contract, Gas, Report, report};
