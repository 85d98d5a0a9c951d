//! `hallmark evm report`: sizes and gas, measured in an EVM.

use super::models::{self, NAMES};
use crate::args::{EvmReportArgs, InputsArg, ModelArgs, TargetArg};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::grouped;
use crate::table::{Align, table};
use hallmark_evm::calldata::{address_word, number_word};
use hallmark_evm::execution::{Chain, MAX_GAS, Outcome};
use hallmark_evm::{Address, Claim, EvmKey, GasParts, artifacts};
use hallmark_project::{Built, Source, build, get_srs, run_integers};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::{MIN_K, Srs};
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
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

/// What `--parts` adds.
#[derive(Serialize)]
struct Details {
    /// `public` or `commitment`.
    inputs: &'static str,
    /// `contract` or `calldata`.
    key: &'static str,
    proof_bytes: usize,
    parts: GasParts,
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
    let all: Vec<_> = names
        .iter()
        .flat_map(|name| targets.iter().map(move |target| (*name, *target)))
        .collect();
    let mut bench = Bench::new()?;
    for (index, (name, target)) in all.iter().enumerate() {
        let step = format!(
            "[{}/{}] {name}, target {}",
            index + 1,
            all.len(),
            name_of(*target)
        );
        config.console.note(&step);
        let (key, bundle) = prove(name, *target, args.inputs, config)?;
        bench.measure(name, *target, &key, &bundle, args.parts)?;
    }
    config.console.result(&bench.report, || in_words(&bench.report))?;
    Ok(ExitCode::SUCCESS)
}

fn name_of(target: TargetArg) -> &'static str {
    match target {
        TargetArg::Evm => "evm",
        TargetArg::Fast => "fast",
    }
}

/// Compiles a model, and proves its first sample with the transcript of contracts.
fn prove(
    name: &'static str,
    target: TargetArg,
    inputs: InputsArg,
    config: &Config,
) -> Result<(EvmKey, Bundle), Failure> {
    let measured = models::model(name)?;
    let options = ModelArgs {
        bits: 12,
        target,
        srs: "dev".to_owned(),
        name: None,
        public_only: inputs == InputsArg::Public,
        batch: None,
    };
    let sample = measured.samples.first().cloned().unwrap_or_default();
    let source = Source {
        name,
        onnx: Vec::new(),
        imported: measured.graph.into(),
        calibration: measured.samples,
        calibration_words: "data",
    };
    let Built {
        project,
        circuits,
        compiled,
        srs,
        ..
    } = build(source, &options.build_options(false)?, &config.surroundings())?;
    let evm = choose(&project.key, inputs)?;
    let chosen = circuits
        .into_iter()
        .zip(compiled.keys)
        .find(|(circuit, _)| circuit.visibility() == evm.visibility());
    let Some((circuit, keys)) = chosen else {
        return Err(Failure::internal(format!(
            "{name}: no circuit was planned with {}",
            evm.visibility()
        )));
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
    Ok((evm, bundle))
}

/// The circuit whose inputs enter as asked for.
fn choose(key: &hallmark_verifier::VerifyingKey, inputs: InputsArg) -> Result<EvmKey, Failure> {
    Ok(match inputs {
        InputsArg::Public => EvmKey::new(key, Visibility::Public)?,
        InputsArg::Commitment => EvmKey::new(key, Visibility::PrivateInput)?,
        InputsArg::Cheapest => {
            let public = EvmKey::new(key, Visibility::Public)?;
            match EvmKey::new(key, Visibility::PrivateInput) {
                Ok(private) if private.gas_estimate().total() < public.gas_estimate().total() => private,
                _ => public,
            }
        }
    })
}

/// A chain with the contracts that all models share, and what was measured on it.
struct Bench {
    chain: Chain,
    verifier: Address,
    report: Report,
}

impl Bench {
    fn new() -> Result<Self, Failure> {
        let mut chain = Chain::default();
        let mut contracts = Vec::new();
        let verifier = artifacts::verifier().map_err(Failure::internal)?;
        let registry = artifacts::registry().map_err(Failure::internal)?;
        let deployed = chain.deploy(&verifier.init_code())?;
        // What reference string, model, label, score and time they are for does not matter to the size.
        let srs = Srs::development(MIN_K)?;
        let arguments = artifacts::registry_arguments(&deployed.address, srs.points(), true);
        let registered = chain.deploy(&[registry.init_code(), arguments].concat())?;
        let bounty = artifacts::bounty().map_err(Failure::internal)?;
        let deadline = number_word(usize::MAX);
        let arguments = [
            address_word(&registered.address),
            [0; 32],
            [0; 32],
            [0; 32],
            deadline,
        ]
        .concat();
        let example = chain.deploy(&[bounty.init_code(), arguments].concat())?;
        for (artifact, deploy_gas) in [
            (verifier, deployed.gas),
            (registry, registered.gas),
            (bounty, example.gas),
        ] {
            contracts.push(Contract {
                code_bytes: artifact.code().len(),
                name: artifact.contract,
                deploy_gas,
            });
        }
        Ok(Self {
            chain,
            verifier: deployed.address,
            report: Report {
                contracts,
                gas: Vec::new(),
            },
        })
    }

    /// Deploys the key if it fits into a contract (it is given with the call otherwise), and calls the verifier.
    fn measure(
        &mut self,
        name: &'static str,
        target: TargetArg,
        key: &EvmKey,
        bundle: &Bundle,
        parts: bool,
    ) -> Result<(), Failure> {
        let claim = Claim::new(key, bundle)?;
        let call = if key.fits_a_contract() {
            let deployed = self.chain.deploy(&key.init_code())?;
            self.report.contracts.push(Contract {
                name: format!("key of {name}, {}", name_of(target)),
                code_bytes: key.code().len(),
                deploy_gas: deployed.gas,
            });
            claim.verify(&deployed.address)
        } else {
            claim.verify_with_key(key)
        };
        let gas = match self.chain.call(&self.verifier, &call, MAX_GAS)? {
            Outcome::Success { gas, .. } => gas,
            other => {
                return Err(Failure::internal(format!(
                    "the contract rejects a proof of {name} that the verifier accepts: {other:?}"
                )));
            }
        };
        let details = match parts {
            false => None,
            true => Some(Details {
                inputs: match key.visibility() {
                    Visibility::Public => "public",
                    _ => "commitment",
                },
                key: match key.fits_a_contract() {
                    true => "contract",
                    false => "calldata",
                },
                proof_bytes: key.proof_bytes(),
                parts: self.chain.profile(&self.verifier, &call)?,
            }),
        };
        self.report.gas.push(Gas {
            model: name,
            target: name_of(target),
            gas,
            calldata_bytes: call.len(),
            details,
        });
        Ok(())
    }
}

fn in_words(report: &Report) -> String {
    let contracts: Vec<Vec<String>> = report
        .contracts
        .iter()
        .map(|c| {
            let (bytes, gas) = (grouped(c.code_bytes as u64), grouped(c.deploy_gas));
            vec![c.name.clone(), bytes, gas]
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
    let mut columns = vec![
        ("model", Align::Left),
        ("target", Align::Left),
        ("gas", Align::Right),
        ("calldata bytes", Align::Right),
    ];
    if report.gas.iter().any(|gas| gas.details.is_some()) {
        columns.extend([("inputs", Align::Left), ("key", Align::Left)]);
        let parts = [
            "calldata",
            "key",
            "transcript",
            "evaluations",
            "points",
            "pairing",
        ];
        columns.extend(parts.map(|part| (part, Align::Right)));
    }
    let rows: Vec<Vec<String>> = report.gas.iter().map(row).collect();
    format!("{contracts}\n\n{}\n", table(&columns, &rows))
}

fn row(gas: &Gas) -> Vec<String> {
    let mut row = vec![gas.model.to_owned(), gas.target.to_owned()];
    row.extend([grouped(gas.gas), grouped(gas.calldata_bytes as u64)]);
    if let Some(details) = &gas.details {
        let parts = &details.parts;
        row.extend([details.inputs.to_owned(), details.key.to_owned()]);
        row.extend(
            [
                parts.calldata,
                parts.key,
                parts.transcript,
                parts.evaluations,
                parts.msm,
                parts.pairing,
            ]
            .map(grouped),
        );
    }
    row
}
