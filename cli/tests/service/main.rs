//! The service from outside: the program, its workers' child processes, real proofs.
#![allow(clippy::unwrap_used, clippy::panic)]

mod command;
mod evm;
mod isolation;
mod jobs;
mod server;
mod story;
