//! Planning of chains of one operation, by their length: what it takes per operation should not grow with the number of operations, but
//! for the sizes that are tried until one has rows enough.

use criterion::{BenchmarkId, Criterion, Throughput};
use hallmark_circuits::{Plan, PlanOptions, Target};
use hallmark_tests::chains::{LINKS, chain};
use std::sync::Arc;
use std::time::Duration;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for (name, link) in LINKS {
        let mut group = criterion.benchmark_group(format!("planning/{name}"));
        for length in [1_250, 5_000, 20_000] {
            let graph = chain(length, link);
            group.throughput(Throughput::Elements(length as u64));
            for target in [Target::Fast, Target::Evm] {
                let options = PlanOptions {
                    target,
                    private_input: false,
                };
                let id = BenchmarkId::new(format!("{target:?}"), length);
                group.bench_function(id, |bench| bench.iter(|| Plan::new(Arc::clone(&graph), &options)));
            }
        }
        group.finish();
    }
    criterion.final_summary();
}
