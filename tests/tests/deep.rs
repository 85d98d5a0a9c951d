//! Random deep graphs, of thirty layers and rows of many pitches: their circuits say as much as their semantics, accept their
//! executions in both layouts, and are proven.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::{CircuitError, ModelCircuit, Plan, PlanOptions, Target, Witness};
use hallmark_prover::engine::Backend;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_tests::checks::contract::Bench;
use hallmark_tests::checks::engine::Keyed;
use hallmark_tests::checks::rank::is_checked;
use hallmark_tests::deep_graph::{LAYERS, Size, deep_graph, layers, widths};
use hallmark_tests::equations::random_case;
use hallmark_tests::setting::{NONCE, Setting};
use hallmark_verifier::{Form, TranscriptKind};
use halo2_proofs::dev::MockProver;
use std::ops::Range;
use std::sync::Arc;

/// Graphs with more cells take too long to be counted.
const MOST_CELLS: usize = 550;

/// Rank and determined cells; returns how many graphs were small enough.
fn check_ranks(seeds: impl IntoIterator<Item = u64>) -> usize {
    let mut checked = 0;
    for seed in seeds {
        let case = random_case(deep_graph(seed, Size::TINY), widths(seed));
        if is_checked(&case, seed, MOST_CELLS) {
            assert!(layers(&case.graph) >= LAYERS);
            checked += 1;
        }
    }
    checked
}

/// Some of the smallest, of some hundred cells.
#[test]
fn ranks() {
    assert_eq!(check_ranks([5, 18, 35]), 3);
}

#[test]
#[ignore = "some minutes"]
fn ranks_of_many() {
    assert!(check_ranks(100..150) > 12);
}

/// Plans a graph for a target and runs it there; returns whether its rows suffice.
fn accepts(seed: u64, options: &PlanOptions) -> bool {
    let (graph, trace) = deep_graph(seed, Size::SMALL).finish();
    let plan = match Plan::new(graph, options) {
        Ok(plan) => Arc::new(plan),
        Err(CircuitError::TooLarge { .. }) if options.target == Target::Evm => return false,
        Err(error) => panic!("{seed}, {options:?}: {error}"),
    };
    if options.target == Target::Fast {
        assert!(plan.k() <= 12, "{seed}: 2^{} rows", plan.k());
    }
    let salt = options.private_input.then_some([9; 32]);
    let witness = Witness::with_salt(&plan, &trace, NONCE, salt).unwrap();
    let instances = witness.instances().to_vec();
    let circuit = ModelCircuit::prove(Arc::clone(&plan), Arc::new(witness));
    let verdict = MockProver::run(plan.k(), &circuit, instances).unwrap().verify();
    assert_eq!(verdict, Ok(()), "{seed}, {options:?}");
    true
}

fn check_acceptance(seeds: Range<u64>) {
    let mut in_the_machine = 0;
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let private_input = seed % 2 == 1;
        for target in [Target::Fast, Target::Evm] {
            let options = PlanOptions {
                target,
                private_input,
            };
            let accepted = accepts(seed, &options);
            in_the_machine += u64::from(accepted && target == Target::Evm);
        }
    }
    assert!(
        2 * in_the_machine > count,
        "{in_the_machine} of {count} in the layout for contracts"
    );
}

#[test]
fn executions_are_accepted() {
    check_acceptance(0..4);
}

#[test]
#[ignore = "some minutes"]
fn executions_of_many_are_accepted() {
    check_acceptance(100..200);
}

/// halo2's verifier, Hallmark's and the contract.
#[test]
fn every_verifier_accepts_a_proof() {
    let case = random_case(deep_graph(1, Size::TINY), widths(1));
    let keyed = Keyed::new(Setting::new(&case));
    let witness = Witness::new(&keyed.setting.plan, &keyed.setting.trace, NONCE).unwrap();
    let engine = keyed.engine(Backend::detect());
    let proof = keyed.prove(&engine, &witness, TranscriptKind::Blake2b);
    assert!(keyed.accepts(witness.instances(), &proof, TranscriptKind::Blake2b));
    // The prover verifies what it made before it returns.
    for target in [Target::Fast, Target::Evm] {
        let circuit = PlannedCircuit::new(&case.graph, target, Form::PUBLIC).unwrap();
        match target {
            Target::Evm => {
                Bench::new(case.name, &[circuit]).prove(&case.trace, &ProveOptions::default());
            }
            Target::Fast => {
                prover(circuit)
                    .prove(&case.trace, &ProveOptions::default(), &Silent)
                    .unwrap();
            }
        }
    }
}

fn prover(circuit: PlannedCircuit) -> Prover {
    let srs = Srs::development(circuit.k()).unwrap();
    let description = Description {
        name: "deep",
        bits: 4,
        target: "fast",
    };
    let only = std::slice::from_ref(&circuit);
    let mut compiled = compile(only, description, &|_| Ok(srs.clone()), None, &Silent).unwrap();
    Prover::new(circuit, compiled.keys.pop().unwrap(), srs, compiled.key)
}
