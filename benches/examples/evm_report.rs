//! Measures sizes and gas of the contracts in an EVM, and prints them as JSON:
//! `{"contracts": [{"name", "code_bytes", "deploy_gas"}], "gas": [{"model", "target", "gas", "calldata_bytes"}]}`.
//!
//! ```sh
//! cargo run --release -p hallmark-benches --example evm_report -- --models digits
//! ```
//!
//! `python3 benches/evm.py` makes the tables of `docs/evm.md` of it.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "prints its report and what it does"
)]

use clap::Parser;
use hallmark_benches::Problem;
use hallmark_benches::evm::{Options, report};
use hallmark_prover::cache::Cache;

fn main() -> Result<(), Problem> {
    let options = Options::parse();
    let folder = tempfile::tempdir()?;
    let cache = Cache::new(folder.path());
    let report = report(&options, &cache, &|step| eprintln!("{step}"))?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
