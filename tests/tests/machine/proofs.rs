//! Proofs of every operation are accepted by the verifier, by the contract, and with either engine.

use hallmark_circuits::Target;
use hallmark_evm::{Address, Claim, EvmKey, artifacts};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_model::{IntTensor, QuantizedGraph, Trace, stack};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, Engine, PlannedCircuit, ProveOptions, Prover, ProverError, compile};
use hallmark_tests::cases::{self, convolutions};
use hallmark_verifier::Visibility;
use std::sync::Arc;

/// A prover with a contract that checks its proofs.
struct Bench {
    name: &'static str,
    prover: Prover,
    evm: EvmKey,
    chain: Chain,
    verifier: Address,
    key: Address,
}

impl Bench {
    /// For the last circuit.
    fn new(name: &'static str, circuits: &[PlannedCircuit]) -> Self {
        let description = Description {
            name,
            bits: 4,
            target: "evm",
        };
        let mut compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
        let circuit = circuits.last().unwrap().clone();
        let srs = Srs::development(circuit.k()).unwrap();
        let evm = EvmKey::new(&compiled.key, circuit.visibility()).unwrap();
        let keys = compiled.keys.pop().unwrap();
        let mut chain = Chain::default();
        let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
        let key = chain.deploy(&evm.init_code()).unwrap();
        Self {
            name,
            prover: Prover::new(circuit, keys, srs, compiled.key),
            evm,
            chain,
            verifier: verifier.address,
            key: key.address,
        }
    }

    /// Proves an execution; the prover verifies before it returns. Then the contract checks it.
    fn prove(&mut self, trace: &Arc<Trace>, options: &ProveOptions) {
        let proved = self.prover.prove(trace, options, &Silent).unwrap();
        let claim = Claim::new(&self.evm, &proved.bundle).unwrap();
        let outcome = self.chain.call(&self.verifier, &claim.verify(&self.key), MAX_GAS);
        let visibility = self.evm.visibility();
        assert!(
            matches!(outcome, Ok(Outcome::Success { .. })),
            "{}, {visibility}: {outcome:?}",
            self.name
        );
    }
}

fn with(engine: Engine) -> ProveOptions {
    ProveOptions {
        engine,
        ..ProveOptions::default()
    }
}

/// With two columns it is commitments that need the most, so cosets are worked on in parts only where that still helps.
#[test]
fn the_least_memory_suffices() {
    let case = convolutions::network();
    let circuit = PlannedCircuit::new(&case.graph, Target::Evm, Visibility::PrivateInput).unwrap();
    let mut bench = Bench::new(case.name, &[circuit]);
    let limited = |bytes| ProveOptions {
        memory_bytes: Some(bytes),
        ..ProveOptions::default()
    };
    let least = |bytes| match bench.prover.prove(&case.trace, &limited(bytes), &Silent).err() {
        Some(ProverError::Memory { least_bytes, .. }) => least_bytes,
        other => panic!("{other:?}"),
    };
    let least_bytes = least(1);
    assert_eq!(least(least_bytes - 1), least_bytes);
    let all = bench.prover.memory_bytes(&ProveOptions::default()).unwrap();
    assert!(least_bytes <= all, "{least_bytes} of {all} bytes");
    bench.prove(&case.trace, &limited(least_bytes));
}

#[test]
fn proofs_of_every_operation_are_accepted_by_all() {
    for (number, make) in cases::all().into_iter().enumerate() {
        let case = make();
        for visibility in [Visibility::Public, Visibility::PrivateInput] {
            let circuit = PlannedCircuit::new(&case.graph, Target::Evm, visibility).unwrap();
            let mut bench = Bench::new(case.name, &[circuit]);
            bench.prove(&case.trace, &with(Engine::Own));
            // The stock engine takes its time.
            if number % 6 == 0 {
                bench.prove(&case.trace, &with(Engine::Stock));
            }
        }
    }
}

#[test]
fn batches_are_accepted_by_all() {
    let mut proven = 0;
    for make in cases::all() {
        let case = make();
        let Ok(wide) = case.graph.batched(2) else { continue };
        let trace = Arc::new(
            wide.run(&stack(&twice(&case.graph, &case.trace)).unwrap())
                .unwrap(),
        );
        let circuits = [
            PlannedCircuit::new(&case.graph, Target::Evm, Visibility::Public).unwrap(),
            PlannedCircuit::batch(&case.graph, Target::Evm, 2).unwrap(),
        ];
        Bench::new(case.name, &circuits).prove(&trace, &with(Engine::Own));
        proven += 1;
        if proven == 6 {
            return;
        }
    }
    panic!("only {proven} cases have a batch axis");
}

fn twice(graph: &QuantizedGraph, trace: &Trace) -> [Vec<IntTensor>; 2] {
    let inputs: Vec<IntTensor> = graph
        .inputs
        .iter()
        .map(|id| trace.tensors[id.0].clone())
        .collect();
    [inputs.clone(), inputs]
}
