//! Support for the end-to-end and soundness tests: small graphs, circuits of them without keys, and a cheating prover.
//!
//! A [`suite`] is what is tested of one operator: small graphs that use it. [`checks`] are made of every suite. A [`setting::Setting`] is
//! such a graph's circuit as the verifier sees it, with an honest witness. A [`forger::Forger`] changes cells of the witness,
//! recomputes whatever a cheating prover would recompute, and says which constraints reject the result.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "support of tests: what fails here is a failed test"
)]

pub mod attacks;
pub mod chains;
pub mod cheater;
pub mod checks;
pub mod deep_graph;
pub mod equations;
pub mod forger;
pub mod graph_builder;
pub mod mutation;
pub mod random_graph;
pub mod setting;
pub mod suite;
