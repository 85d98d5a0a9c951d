//! `hallmark evm`.

mod calldata;
mod contract;
mod deploy_script;
mod key;

use crate::args::EvmCommand;
use crate::config::Config;
use crate::failure::Failure;
use hallmark_evm::EvmError;
use hallmark_evm::hex::prefixed as hex;
use std::path::Path;
use std::process::ExitCode;

/// Contracts, keys, calldata and gas.
pub fn run(command: &EvmCommand, config: &Config) -> Result<ExitCode, Failure> {
    match command {
        EvmCommand::Contract(args) => contract::run(args, config),
        EvmCommand::Key(args) => key::run(args, config),
        EvmCommand::Calldata(args) => calldata::run(args, config),
        EvmCommand::DeployScript(args) => deploy_script::run(args, config),
    }
}

impl From<EvmError> for Failure {
    fn from(error: EvmError) -> Self {
        Self::input(error)
    }
}

/// Digits of an address, a word or other bytes, `0x` in front or not.
fn parse_hex<const N: usize>(what: &str, text: &str) -> Result<[u8; N], Failure> {
    hallmark_evm::hex::parse(text).ok_or_else(|| {
        Failure::usage(format!(
            "{what}: expected {} hexadecimal digits, got {text:?}",
            2 * N
        ))
    })
}

/// Writes a line of hexadecimal digits or other text.
fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    if crate::streams::is_stream(path) {
        return Err(Failure::usage(
            "--output: standard output is for what the command says; name a file. (contract, key and calldata print their bytes \
             where there is no --output.)",
        ));
    }
    crate::streams::write_file(path, text.as_bytes())
}
