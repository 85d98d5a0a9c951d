//! `hallmark evm contract`.

use super::{hex, write_text};
use crate::args::{ContractArg, EvmContractArgs};
use crate::config::Config;
use crate::failure::Failure;
use hallmark_evm::artifacts::{self, Artifact};
use serde_json::json;
use std::process::ExitCode;

/// Prints or writes a compiled contract.
pub fn run(args: &EvmContractArgs, config: &Config) -> Result<ExitCode, Failure> {
    let artifact = load(args.name)?;
    let value = json!({
        "contract": artifact.contract,
        "compiler": artifact.compiler,
        "code_bytes": artifact.code().len(),
        "abi": artifact.abi,
        "bytecode": hex(&artifact.init_code()),
        "deployed_bytecode": hex(&artifact.code()),
    });
    if let Some(path) = &args.output {
        write_text(path, &format!("{value:#}\n"))?;
    }
    config.console.result(&value, || match &args.output {
        Some(path) => format!(
            "{}: {} bytes of code; interface and bytecode in {}\n",
            artifact.contract,
            artifact.code().len(),
            path.display()
        ),
        None => format!("{}\n", hex(&artifact.init_code())),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn load(name: ContractArg) -> Result<Artifact, Failure> {
    match name {
        ContractArg::Verifier => artifacts::verifier(),
        ContractArg::Registry => artifacts::registry(),
        ContractArg::Bounty => artifacts::bounty(),
    }
    .map_err(Failure::internal)
}
