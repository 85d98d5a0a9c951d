//! Compiles, proves and measures.

use super::models;
use super::options::{Inputs, Options};
use crate::Problem;
use hallmark::{CompileOptions, Model, Surroundings};
use hallmark_circuits::Target;
use hallmark_evm::calldata::{address_word, number_word};
use hallmark_evm::{Address, Claim, EvmKey, GasParts, artifacts};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_prover::ProveOptions;
use hallmark_prover::cache::Cache;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::{MIN_K, Srs};
use hallmark_verifier::{Bundle, Form, TranscriptKind, form};
use serde::Serialize;

/// A contract's size and what its deployment takes.
#[derive(Serialize)]
pub struct Contract {
    name: String,
    code_bytes: usize,
    deploy_gas: u64,
}

/// What checking one model's proof takes: execution and intrinsic gas.
#[derive(Serialize)]
pub struct Gas {
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

/// Everything that was measured.
#[derive(Serialize)]
pub struct Report {
    contracts: Vec<Contract>,
    gas: Vec<Gas>,
}

/// Measures all models at all targets, or those that were asked for. SRSs come from and go to the cache; `step` is told what begins.
///
/// # Errors
/// Those of compiling, proving and executing; and where the contract rejects a proof.
pub fn report(options: &Options, cache: &Cache, step: &dyn Fn(&str)) -> Result<Report, Problem> {
    let surroundings = Surroundings {
        cache: Some(cache),
        progress: &Silent,
    };
    let all: Vec<_> = options
        .models()
        .flat_map(|name| options.targets().map(move |target| (name, target)))
        .collect();
    let mut bench = Bench::new()?;
    for (index, (name, target)) in all.iter().enumerate() {
        step(&format!(
            "[{}/{}] {name}, target {}",
            index + 1,
            all.len(),
            target.name()
        ));
        let (key, bundle) = prove(name, *target, options.inputs, &surroundings)?;
        bench.measure(name, *target, &key, &bundle, options.parts)?;
    }
    Ok(bench.report)
}

/// Compiles a model, and proves its first sample with the transcript of contracts.
fn prove(
    name: &'static str,
    target: Target,
    inputs: Inputs,
    surroundings: &Surroundings<'_>,
) -> Result<(EvmKey, Bundle), Problem> {
    let measured = models::model(name)?;
    let options = CompileOptions {
        target,
        public_only: inputs == Inputs::Public,
        keep_keys: false,
        accept_inaccurate: true,
        ..CompileOptions::default()
    };
    let sample = measured.samples.first().cloned().unwrap_or_default();
    let calibrated = Model::from(measured.graph)
        .named(name)
        .calibrate(measured.samples)?;
    let compiled = calibrated.compile_with(&options, surroundings)?;
    let evm = choose(compiled.key(), inputs)?;
    let options = ProveOptions {
        nonce: [0x11; 32],
        transcript: Some(TranscriptKind::Keccak),
        ..ProveOptions::default()
    };
    let proved = compiled.prove_with(&[sample], evm.form(), &options, surroundings)?;
    Ok((evm, proved.bundle))
}

/// The circuit whose inputs enter as asked for.
fn choose(key: &hallmark_verifier::VerifyingKey, inputs: Inputs) -> Result<EvmKey, Problem> {
    Ok(match inputs {
        Inputs::Public => EvmKey::new(key, Form::PUBLIC)?,
        Inputs::Commitment => EvmKey::new(key, Form::PRIVATE_INPUT)?,
        Inputs::Cheapest => {
            let public = EvmKey::new(key, Form::PUBLIC)?;
            match EvmKey::new(key, Form::PRIVATE_INPUT) {
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
    fn new() -> Result<Self, Problem> {
        let mut chain = Chain::default();
        let mut contracts = Vec::new();
        let verifier = artifacts::verifier()?;
        let registry = artifacts::registry()?;
        let deployed = chain.deploy(&verifier.init_code())?;
        // What reference string, model, label, score and time they are for does not matter to the size.
        let srs = Srs::development(MIN_K)?;
        let arguments = artifacts::registry_arguments(&deployed.address, srs.points(), true);
        let registered = chain.deploy(&[registry.init_code(), arguments].concat())?;
        let bounty = artifacts::bounty()?;
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
        target: Target,
        key: &EvmKey,
        bundle: &Bundle,
        parts: bool,
    ) -> Result<(), Problem> {
        let claim = Claim::new(key, bundle)?;
        let call = if key.fits_a_contract() {
            let deployed = self.chain.deploy(&key.init_code())?;
            self.report.contracts.push(Contract {
                name: format!("key of {name}, {}", target.name()),
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
                return Err(format!(
                    "the contract rejects a proof of {name} that the verifier accepts: {other:?}"
                )
                .into());
            }
        };
        let details = match parts {
            false => None,
            true => Some(Details {
                inputs: match key.form().inputs() {
                    form::Inputs::Public => "public",
                    form::Inputs::Committed => "commitment",
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
            target: target.name(),
            gas,
            calldata_bytes: call.len(),
            details,
        });
        Ok(())
    }
}
