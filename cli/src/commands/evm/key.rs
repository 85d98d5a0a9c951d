//! `hallmark evm key`.

use super::{hex, write_text};
use crate::args::{EvmKeyArgs, EvmModelArgs};
use crate::config::Config;
use crate::failure::Failure;
use hallmark::project::{KEY_FILE, read_key, srs_json};
use hallmark_evm::{EvmKey, MAX_CODE_BYTES};
use hallmark_verifier::Form;
use hallmark_verifier::form::Inputs;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Makes the key of a model for the contract.
pub fn run(args: &EvmKeyArgs, config: &Config) -> Result<ExitCode, Failure> {
    let key = load(&args.model)?;
    let deploy_gas = key.deploy_gas();
    let bytes = if args.data {
        key.data().to_vec()
    } else {
        if deploy_gas.is_none() {
            return Err(Failure::input(format!(
                "the key has {} bytes, a contract holds at most {MAX_CODE_BYTES} (EIP-170): compile the model with --target \
                 evm, or give the key as data (--data) to verifyWithKey",
                key.code().len()
            )));
        }
        key.init_code()
    };
    if let Some(path) = &args.output {
        write_text(path, &format!("{}\n", hex(&bytes)))?;
    }
    let value = describe(&key, deploy_gas, &bytes);
    config.console.result(&value, || match &args.output {
        Some(path) => in_words(&key, deploy_gas, path),
        None => format!("{}\n", hex(&bytes)),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The key of the circuit that the arguments name.
pub fn load(args: &EvmModelArgs) -> Result<EvmKey, Failure> {
    let path = match args.model.is_dir() {
        true => args.model.join(KEY_FILE),
        false => args.model.clone(),
    };
    let form = Form::of_one(Inputs::private_if(args.private_input));
    Ok(EvmKey::new(&read_key(&path)?, form)?)
}

fn describe(key: &EvmKey, deploy_gas: Option<u64>, bytes: &[u8]) -> Value {
    let entries: Vec<Value> = key
        .statement()
        .entries()
        .iter()
        .map(|entry| {
            json!({
                "kind": entry.kind.name(),
                "name": entry.name,
                "shape": entry.shape,
                "element": entry.element.name(),
                "scale_bits": entry.scale_bits,
                "offset": entry.offset,
                "width": entry.width,
                "count": entry.count,
            })
        })
        .collect();
    let mut srs = srs_json(key.srs());
    let (first, second) = key.srs_words();
    srs["s_g1"] = json!(first.map(|word| hex(&word)));
    srs["s_g2"] = json!(second.map(|word| hex(&word)));
    json!({
        "model_id": key.model_id().to_string(),
        "visibility": key.form().name(),
        "bytes": hex(bytes),
        "code_bytes": key.code().len(),
        "code_hash": hex(&key.code_hash()),
        "data_digest": hex(&key.data_digest()),
        "deploy_gas": deploy_gas,
        "srs": srs,
        "proof_bytes": key.proof_bytes(),
        "commitments": key.commitments(),
        "evaluations": key.evaluations(),
        "instructions": key.instructions(),
        "statement": { "bytes": key.statement().bytes(), "entries": entries },
    })
}

fn in_words(key: &EvmKey, deploy_gas: Option<u64>, path: &std::path::Path) -> String {
    let gas = deploy_gas.map_or(String::new(), |gas| format!(", {gas} gas to deploy"));
    format!(
        "key of {} ({}) in {}: {} bytes{gas}\n  code hash    {}\n  data digest  {}\n  SRS          {}\n",
        key.model_id(),
        key.form(),
        path.display(),
        key.code().len(),
        hex(&key.code_hash()),
        hex(&key.data_digest()),
        key.srs().provenance(),
    )
}
