//! `hallmark evm`.

mod calldata;
mod contract;
mod deploy_script;
mod key;
mod models;
mod report;

use crate::args::EvmCommand;
use crate::config::Config;
use crate::failure::Failure;
use hallmark_evm::EvmError;
use hallmark_evm::execution::ExecutionError;
use hallmark_prover::cache::write_atomically;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Contracts, keys, calldata and gas.
pub fn run(command: &EvmCommand, config: &Config) -> Result<ExitCode, Failure> {
    match command {
        EvmCommand::Contract(args) => contract::run(args, config),
        EvmCommand::Key(args) => key::run(args, config),
        EvmCommand::Calldata(args) => calldata::run(args, config),
        EvmCommand::DeployScript(args) => deploy_script::run(args, config),
        EvmCommand::Report(args) => report::run(args, config),
    }
}

impl From<EvmError> for Failure {
    fn from(error: EvmError) -> Self {
        Self::input(error)
    }
}

impl From<ExecutionError> for Failure {
    fn from(error: ExecutionError) -> Self {
        Self::internal(error)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// Digits of an address, a word or other bytes, `0x` in front or not.
fn parse_hex<const N: usize>(what: &str, text: &str) -> Result<[u8; N], Failure> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let wrong = || {
        Failure::usage(format!(
            "{what}: expected {} hexadecimal digits, got {text:?}",
            2 * N
        ))
    };
    if digits.len() != 2 * N {
        return Err(wrong());
    }
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = match pair {
            [high, low] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        *byte = value.map(|(high, low)| high << 4 | low).ok_or_else(wrong)?;
    }
    Ok(bytes)
}

/// Writes a line of hexadecimal digits or other text.
fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))?;
    Ok(())
}
