//! `hallmark evm deploy-script`.

use super::key::load;
use super::{hex, parse_hex, write_text};
use crate::args::EvmDeployScriptArgs;
use crate::config::Config;
use crate::failure::Failure;
use hallmark_evm::{MAX_CODE_BYTES, artifacts};
use serde_json::{Value, json};
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
    let insecure = key.srs().is_insecure();
    if insecure && !args.insecure_srs {
        return Err(Failure::input(format!(
            "the model's SRS is {}, so anybody can forge proofs: compile it with a ceremony's (--srs), or give --insecure-srs \
             if nothing of value depends on the chain",
            key.srs().provenance()
        )));
    }
    let address = |option, address: &Option<String>| {
        let parsed = address.as_ref().map(|text| parse_hex::<20>(option, text));
        Ok::<_, Failure>(parsed.transpose()?.map(|address| hex(&address)))
    };
    let (verifier, registry) = (
        artifacts::verifier().map_err(Failure::internal)?,
        artifacts::registry().map_err(Failure::internal)?,
    );
    let (first, second) = key.srs_words();
    let settings = json!({
        "model": key.model_id().to_string(),
        "verifier": address("--verifier", &args.verifier)?,
        "registry": address("--registry", &args.registry)?,
        "srs": [json!(first.map(|word| hex(&word))), json!(second.map(|word| hex(&word)))],
        "insecureSrs": args.insecure_srs,
        "verifierBytecode": hex(&verifier.init_code()),
        "verifierCode": hex(&verifier.code()),
        "registryBytecode": hex(&registry.init_code()),
        "registryCode": hex(&registry.code()),
        "registryImmutables": registry.immutables,
        "registryAbi": registry.abi,
        "errorsAbi": errors(&verifier.abi),
        "keyData": hex(key.data()),
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
    let value = json!({
        "file": args.output.display().to_string(),
        "model_id": key.model_id().to_string(),
        "insecure_srs": insecure,
    });
    config.console.result(&value, || {
        format!(
            "{} deploys verifier and registry, publishes the key and registers the model:\n  npm install viem\n  RPC_URL=… PRIVATE_KEY=0x… node {}\nthe SRS is {}\n",
            args.output.display(),
            args.output.display(),
            key.srs().provenance()
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The errors of an interface.
fn errors(abi: &Value) -> Vec<&Value> {
    let items = abi.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter(|item| item["type"] == "error").collect()
}
