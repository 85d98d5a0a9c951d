//! How much memory a proof for contracts needs.

use hallmark_circuits::Target;
use hallmark_prover::observer::Silent;
use hallmark_prover::{PlannedCircuit, ProveOptions, ProverError};
use hallmark_tests::checks::contract::Bench;
use hallmark_tests::suite::reshape;
use hallmark_verifier::Form;

/// With two columns it is commitments that need the most, so cosets are worked on in parts only where that still helps.
#[test]
fn the_least_memory_suffices() {
    let case = reshape::network();
    let circuit = PlannedCircuit::new(&case.graph, Target::Evm, Form::PRIVATE_INPUT).unwrap();
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
