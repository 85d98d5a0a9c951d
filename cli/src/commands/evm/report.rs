//! `hallmark evm report`: sizes and gas, measured in an EVM.

use super::models::{self, NAMES};
use crate::args::{EvmReportArgs, ModelArgs, TargetArg};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::grouped;
use crate::table::{Align, table};
use hallmark_evm::calldata::address_word;
use hallmark_evm::execution::{Chain, MAX_GAS, Outcome};
use hallmark_evm::{Address, Claim, EvmKey, artifacts};
use hallmark_project::{Built, Source, build, get_srs, run_integers};
use hallmark_prover::observer::Silent;
use hallmark_prover::{ProveOptions, Prover};
use hallmark_verifier::{Bundle, TranscriptKind, Visibility};
use serde::Serialize;
use std::process::ExitCode;

/// A contract's size and what its deployment takes.
#[derive(Serialize)]
struct Contract {
    name: String,
    code_bytes: usize,
    deploy_gas: u64,
}

/// What checking one model's proof takes: execution and intrinsic gas.
#[derive(Serialize)]
struct Gas {
    model: &'static str,
    target: &'static str,
    gas: u64,
    calldata_bytes: usize,
}

#[derive(Serialize)]
struct Report {
    contracts: Vec<Contract>,
    gas: Vec<Gas>,
}

/// Measures all models at all targets, or those that were asked for.
pub fn run(args: &EvmReportArgs, config: &Config) -> Result<ExitCode, Failure> {
    let mut names = Vec::new();
    for name in &args.models {
        let known = NAMES.iter().find(|known| *known == name).copied();
        names.push(known.ok_or_else(|| {
            Failure::usage(format!(
                "--models: there is no {name:?}; there are {}",
                NAMES.join(", ")
            ))
        })?);
    }
    if names.is_empty() {
        names.extend(NAMES);
    }
    let targets = match args.target {
        Some(target) => vec![target],
        None => vec![TargetArg::Evm, TargetArg::Fast],
    };
    let mut chain = Chain::default();
    let (verifier, contracts) = deploy(&mut chain)?;
    let mut report = Report {
        contracts,
        gas: Vec::new(),
    };
    for name in names {
        for target in &targets {
            let (key, bundle) = prove(name, *target, config)?;
            measure(name, *target, &key, &bundle, &verifier, &mut chain, &mut report)?;
        }
    }
    config.console.result(&report, || in_words(&report))?;
    Ok(ExitCode::SUCCESS)
}

/// Deploys the contracts that all models share. Returns the verifier's address.
fn deploy(chain: &mut Chain) -> Result<(Address, Vec<Contract>), Failure> {
    let verifier = artifacts::verifier().map_err(Failure::internal)?;
    let registry = artifacts::registry().map_err(Failure::internal)?;
    let deployed = chain.deploy(&verifier.init_code())?;
    let arguments = address_word(&deployed.address);
    let registered = chain.deploy(&[registry.init_code(), arguments.to_vec()].concat())?;
    let contract = |name: &str, code_bytes, deploy_gas| Contract {
        name: name.to_owned(),
        code_bytes,
        deploy_gas,
    };
    Ok((
        deployed.address,
        vec![
            contract(&verifier.contract, verifier.code().len(), deployed.gas),
            contract(&registry.contract, registry.code().len(), registered.gas),
        ],
    ))
}

fn name_of(target: TargetArg) -> &'static str {
    match target {
        TargetArg::Evm => "evm",
        TargetArg::Fast => "fast",
    }
}

/// Compiles a model, and proves its first sample with the transcript of contracts.
fn prove(name: &'static str, target: TargetArg, config: &Config) -> Result<(EvmKey, Bundle), Failure> {
    config
        .console
        .note(&format!("{name}, target {}", name_of(target)));
    let measured = models::model(name)?;
    let options = ModelArgs {
        bits: 12,
        target,
        srs: "dev".to_owned(),
        name: None,
        public_only: true,
        batch: None,
    };
    let sample = measured.samples.first().cloned().unwrap_or_default();
    let source = Source {
        name,
        onnx: Vec::new(),
        float: measured.graph,
        calibration: measured.samples,
        calibration_words: "data",
    };
    let Built {
        project,
        mut circuits,
        mut compiled,
        srs,
        ..
    } = build(source, &options.build_options(false)?, &config.surroundings())?;
    let (Some(circuit), Some(keys)) = (circuits.pop(), compiled.keys.pop()) else {
        return Err(Failure::internal("no circuit was planned"));
    };
    let trace = run_integers(&project.graph, &sample)?;
    let srs = get_srs(&config.srs_store(), &srs, circuit.k(), &Silent)?;
    let prover = Prover::new(circuit, keys, srs, compiled.key);
    let options = ProveOptions {
        nonce: [0x11; 32],
        transcript: Some(TranscriptKind::Keccak),
        ..ProveOptions::default()
    };
    let bundle = prover.prove(&trace, &options, &config.console)?.bundle;
    Ok((EvmKey::new(&project.key, Visibility::Public)?, bundle))
}

/// Deploys the key if it fits into a contract (it is given with the call otherwise), and calls the verifier.
fn measure(
    name: &'static str,
    target: TargetArg,
    key: &EvmKey,
    bundle: &Bundle,
    verifier: &Address,
    chain: &mut Chain,
    report: &mut Report,
) -> Result<(), Failure> {
    let claim = Claim::new(key, bundle)?;
    let call = if key.fits_a_contract() {
        let deployed = chain.deploy(&key.init_code())?;
        report.contracts.push(Contract {
            name: format!("key of {name}, {}", name_of(target)),
            code_bytes: key.code().len(),
            deploy_gas: deployed.gas,
        });
        claim.verify(&deployed.address)
    } else {
        claim.verify_with_key(key)
    };
    match chain.call(verifier, &call, MAX_GAS)? {
        Outcome::Success { gas, .. } => report.gas.push(Gas {
            model: name,
            target: name_of(target),
            gas,
            calldata_bytes: call.len(),
        }),
        other => {
            return Err(Failure::internal(format!(
                "the contract rejects a proof of {name} that the verifier accepts: {other:?}"
            )));
        }
    }
    Ok(())
}

fn in_words(report: &Report) -> String {
    let contracts: Vec<Vec<String>> = report
        .contracts
        .iter()
        .map(|c| {
            vec![
                c.name.clone(),
                grouped(c.code_bytes as u64),
                grouped(c.deploy_gas),
            ]
        })
        .collect();
    let gas: Vec<Vec<String>> = report
        .gas
        .iter()
        .map(|g| {
            vec![
                g.model.to_owned(),
                g.target.to_owned(),
                grouped(g.gas),
                grouped(g.calldata_bytes as u64),
            ]
        })
        .collect();
    let contracts = table(
        &[
            ("contract", Align::Left),
            ("code bytes", Align::Right),
            ("gas to deploy", Align::Right),
        ],
        &contracts,
    );
    let gas = table(
        &[
            ("model", Align::Left),
            ("target", Align::Left),
            ("gas", Align::Right),
            ("calldata bytes", Align::Right),
        ],
        &gas,
    );
    format!("{contracts}\n\n{gas}\n")
}
