//! What is checked of every operator: each check is a function of a [`crate::suite::Suite`] that panics where something is wrong.

pub mod batches;
pub mod cells;
pub mod contract;
pub mod engine;
pub mod executions;
pub mod interpreter;
pub mod intervals;
pub mod kept;
pub mod machine;
pub mod mock_prover;
pub mod necessity;
pub mod parameters;
pub mod rank;
