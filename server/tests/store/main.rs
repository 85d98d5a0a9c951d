//! The store, on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod accepting;
mod children;
#[path = "../samples/compiled.rs"]
mod compiled;
mod couriers;
mod databases;
mod deleting;
mod ending;
mod failing;
mod keys;
mod log_keys;
mod models;
mod quotas;
mod racing;
mod receipts;
mod retention;
mod samples;
mod sharing;
mod webhooks;
