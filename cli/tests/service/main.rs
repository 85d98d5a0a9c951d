//! The service from outside: the program, its workers' child processes, real proofs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod cases;
mod clock;
mod command;
#[path = "../../../server/tests/store/databases.rs"]
mod databases;
mod disk;
mod evm;
#[path = "../../../import/tests/file/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod file;
mod heavy;
mod isolation;
mod jobs;
mod server;
mod story;
