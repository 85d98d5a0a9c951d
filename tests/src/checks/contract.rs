//! Proofs of the layout for contracts are accepted by the verifier, by the contract, and with either engine.

use crate::suite::Suite;
use hallmark_circuits::Target;
use hallmark_evm::{Address, Claim, EvmKey, artifacts};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_model::{IntTensor, QuantizedGraph, Trace, stack};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, Engine, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_verifier::Form;
use std::sync::Arc;

/// Proofs of all cases, and of a batch of the first one that has a batch axis.
pub fn check(suite: &Suite) {
    for (number, make) in suite.cases.iter().enumerate() {
        let case = make();
        for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
            let circuit = PlannedCircuit::new(&case.graph, Target::Evm, form).unwrap();
            let mut bench = Bench::new(case.name, &[circuit]);
            bench.prove(&case.trace, &with(Engine::Own));
            // The stock engine takes its time.
            if number == 0 {
                bench.prove(&case.trace, &with(Engine::Stock));
            }
        }
    }
    assert!(
        batch(suite) >= suite.at_least.batches.min(1),
        "no case has a batch axis"
    );
}

/// A batch of the first case that has a batch axis; returns how many were proven.
fn batch(suite: &Suite) -> usize {
    for make in suite.cases {
        let case = make();
        let Ok(wide) = case.graph.batched(2) else { continue };
        let trace = Arc::new(
            wide.run(&stack(&twice(&case.graph, &case.trace)).unwrap())
                .unwrap(),
        );
        let circuits = [
            PlannedCircuit::new(&case.graph, Target::Evm, Form::PUBLIC).unwrap(),
            PlannedCircuit::batch(&case.graph, Target::Evm, 2).unwrap(),
        ];
        Bench::new(case.name, &circuits).prove(&trace, &with(Engine::Own));
        return 1;
    }
    0
}

/// A prover with a contract that checks its proofs.
pub struct Bench {
    name: &'static str,
    /// The prover.
    pub prover: Prover,
    evm: EvmKey,
    chain: Chain,
    verifier: Address,
    key: Address,
}

impl Bench {
    /// For the last circuit.
    pub fn new(name: &'static str, circuits: &[PlannedCircuit]) -> Self {
        let description = Description {
            name,
            bits: 4,
            target: "evm",
        };
        let mut compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
        let circuit = circuits.last().unwrap().clone();
        let srs = Srs::development(circuit.k()).unwrap();
        let evm = EvmKey::new(&compiled.key, circuit.form()).unwrap();
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
    pub fn prove(&mut self, trace: &Arc<Trace>, options: &ProveOptions) {
        let proved = self.prover.prove(trace, options, &Silent).unwrap();
        let claim = Claim::new(&self.evm, &proved.bundle).unwrap();
        let outcome = self.chain.call(&self.verifier, &claim.verify(&self.key), MAX_GAS);
        let form = self.evm.form();
        assert!(
            matches!(outcome, Ok(Outcome::Success { .. })),
            "{}, {form}: {outcome:?}",
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

fn twice(graph: &QuantizedGraph, trace: &Trace) -> [Vec<IntTensor>; 2] {
    let inputs: Vec<IntTensor> = graph
        .inputs
        .iter()
        .map(|id| trace.tensors[id.0].clone())
        .collect();
    [inputs.clone(), inputs]
}
