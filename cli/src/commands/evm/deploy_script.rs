//! `hallmark evm deploy-script`.

use super::key::load;
use super::{hex, parse_hex, write_text};
use crate::args::EvmDeployScriptArgs;
use crate::config::Config;
use crate::failure::Failure;
use hallmark_evm::{MAX_CODE_BYTES, artifacts};
use serde_json::json;
use std::process::ExitCode;

const TEMPLATE: &str = include_str!("deploy.mjs");

/// Writes a script that deploys what is not there yet, publishes the key and registers the model.
pub fn run(args: &EvmDeployScriptArgs, config: &Config) -> Result<ExitCode, Failure> {
    let key = load(&args.model)?;
    if !key.fits_a_contract() {
        return Err(Failure::input(format!(
            "the key has {} bytes, a contract holds at most {MAX_CODE_BYTES} (EIP-170): compile the model with --target evm",
            key.code().len()
        )));
    }
    for (option, address) in [("--verifier", &args.verifier), ("--registry", &args.registry)] {
        if let Some(address) = address {
            parse_hex::<20>(option, address)?;
        }
    }
    let (verifier, registry) = (
        artifacts::verifier().map_err(Failure::internal)?,
        artifacts::registry().map_err(Failure::internal)?,
    );
    let settings = json!({
        "model": key.model_id().to_string(),
        "verifier": args.verifier,
        "registry": args.registry,
        "verifierBytecode": hex(&verifier.init_code()),
        "registryBytecode": hex(&registry.init_code()),
        "registryAbi": registry.abi,
        "keyBytecode": hex(&key.init_code()),
        "commitment": {
            "modelHash": format!("0x{}", key.model_id()),
            "circuitHash": hex(&key.data_digest()),
            "vkHash": hex(&key.code_hash()),
            "proofSystemId": hex(&hallmark_evm::calldata::proof_system()),
            "uri": args.uri,
        },
    });
    let settings_text = serde_json::to_string_pretty(&settings).map_err(Failure::internal)?;
    let script = TEMPLATE.replace("\"SETTINGS\"", &settings_text);
    write_text(&args.output, &script)?;
    let value = json!({ "file": args.output.display().to_string(), "model_id": key.model_id().to_string() });
    config.console.result(&value, || {
        format!(
            "{} deploys verifier, registry and key, and registers the model:\n  npm install viem\n  RPC_URL=… PRIVATE_KEY=0x… node {}\n",
            args.output.display(),
            args.output.display()
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
