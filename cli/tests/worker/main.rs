//! Workers with real child processes and real proofs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod bench;
#[path = "../../../server/tests/store/databases.rs"]
mod databases;
mod failing;
mod proving;
mod stopping;
