//! `hallmark evm calldata`.

use super::key::load;
use super::{hex, parse_hex, write_text};
use crate::args::EvmCalldataArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::streams;
use hallmark::project::Contents;
use hallmark_evm::{Claim, EvmKey, Inference};
use hallmark_verifier::Bundle;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Encodes the call that checks a proof.
pub fn run(args: &EvmCalldataArgs, config: &Config) -> Result<ExitCode, Failure> {
    let key = load(&args.model)?;
    let bundle = Bundle::parse(&streams::read(&args.proof, Contents::Proof)?)?;
    let call = encode(args, &key, &bundle)?;
    if let Some(path) = &args.output {
        write_text(path, &format!("{}\n", hex(&call)))?;
    }
    let value = describe(&key, &bundle, &call)?;
    config.console.result(&value, || match &args.output {
        Some(path) => format!("call of {} bytes in {}\n", call.len(), path.display()),
        None => format!("{}\n", hex(&call)),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn encode(args: &EvmCalldataArgs, key: &EvmKey, bundle: &Bundle) -> Result<Vec<u8>, Failure> {
    if let Some(id) = &args.registry_id {
        let id = parse_hex("--registry-id", id)?;
        return Ok(Inference::new(key, bundle)?.verify_inference(&id));
    }
    let claim = Claim::new(key, bundle)?;
    Ok(match &args.key {
        Some(address) => claim.verify(&parse_hex("--key", address)?),
        None => claim.verify_with_key(key),
    })
}

fn describe(key: &EvmKey, bundle: &Bundle, call: &[u8]) -> Result<Value, Failure> {
    let claim = Claim::new(key, bundle)?;
    let inference = Inference::new(key, bundle)?;
    Ok(json!({
        "calldata": hex(call),
        "calldata_bytes": call.len(),
        "statement": hex(&claim.statement),
        "proof": hex(&claim.proof),
        "nonce": hex(&inference.nonce),
        "inputs": hex(&inference.inputs),
        "input_commitment": hex(&inference.input_commitment()),
        "output": hex(&inference.output),
        "envelope": hex(&inference.envelope()),
    }))
}
