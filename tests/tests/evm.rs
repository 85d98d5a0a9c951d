//! The contract's verdict on proofs, in revm: the same as the verifier's.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::Target;
use hallmark_evm::execution::{Chain, MAX_GAS, Outcome};
use hallmark_evm::{Address, Claim, EvmKey, artifacts};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_tests::cases::{Case, convolutions};
use hallmark_verifier::{Bundle, TranscriptKind, VerifyingKey, Visibility};
use std::sync::Arc;

struct Model {
    key: Arc<VerifyingKey>,
    evm: EvmKey,
    bundle: Bundle,
}

impl Model {
    fn new(case: &Case, target: Target) -> Self {
        let circuit = PlannedCircuit::new(&case.graph, target, Visibility::Public).unwrap();
        let description = Description {
            name: case.name,
            bits: 4,
            target: "evm",
        };
        let circuits = std::slice::from_ref(&circuit);
        let mut compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
        let srs = Srs::development(circuit.k()).unwrap();
        let prover = Prover::new(
            circuit,
            compiled.keys.pop().unwrap(),
            srs,
            Arc::clone(&compiled.key),
        );
        let options = ProveOptions {
            nonce: *b"thirty-two bytes of one request.",
            transcript: Some(TranscriptKind::Keccak),
            ..ProveOptions::default()
        };
        let bundle = prover.prove(&case.trace, &options, &Silent).unwrap().bundle;
        let evm = EvmKey::new(&compiled.key, Visibility::Public).unwrap();
        Self {
            key: compiled.key,
            evm,
            bundle,
        }
    }
}

#[test]
fn a_valid_proof_is_accepted() {
    let model = Model::new(&convolutions::network(), Target::Evm);
    let mut chain = Chain::default();
    let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
    let key = chain.deploy(&model.evm.init_code()).unwrap();
    let claim = Claim::new(&model.evm, &model.bundle).unwrap();
    let call = claim.verify(&key.address);
    println!(
        "verifier {} key {} ({} bytes) commitments {} evals {} instrs {}",
        verifier.gas,
        key.gas,
        model.evm.data().len(),
        model.evm.commitments(),
        model.evm.evaluations(),
        model.evm.instructions()
    );
    let outcome = chain.call(&verifier.address, &call, MAX_GAS).unwrap();
    println!("{outcome:?} {:x?}", outcome.error());
    assert!(matches!(outcome, Outcome::Success { .. }));
}
