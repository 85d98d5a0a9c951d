//! What is measured of every model: planning, executing, laying out, proving and verifying.

use crate::ready::Ready;
use criterion::Criterion;
use hallmark_circuits::{Target, Witness};
use hallmark_prover::observer::Silent;
use hallmark_prover::{PlannedCircuit, ProveOptions};
use hallmark_verifier::{Form, verify};
use std::time::Duration;

/// Few samples: a proof takes a tenth of a second, not microseconds.
#[must_use]
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args()
}

/// Measures `ready`. Every step has succeeded once while it was prepared, and is repeated on the same data.
pub fn measure(criterion: &mut Criterion, ready: &Ready) {
    let mut group = criterion.benchmark_group(&ready.name);
    group.bench_function("plan", |bench| {
        bench.iter(|| PlannedCircuit::new(&ready.graph, Target::Fast, Form::PUBLIC));
    });
    group.bench_function("interpret", |bench| {
        bench.iter(|| ready.graph.run(&ready.inputs));
    });
    group.bench_function("witness", |bench| {
        bench.iter(|| Witness::new(ready.circuit.plan(), &ready.trace, [0; 32]));
    });
    group.bench_function("prove", |bench| {
        let options = ProveOptions::default();
        bench.iter(|| ready.prover.prove(&ready.trace, &options, &Silent));
    });
    group.bench_function("verify", |bench| {
        bench.iter(|| verify(&ready.key, &ready.key.model_id(), &ready.bundle));
    });
    group.finish();
}
