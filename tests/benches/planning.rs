//! Quantising and planning chains of one operation and deep networks, by their number of nodes: what it takes per node should not grow
//! with it.

use criterion::{BenchmarkId, Criterion, Throughput};
use hallmark_circuits::{Plan, PlanOptions, Target};
use hallmark_model::{QuantizeOptions, QuantizedGraph, quantize};
use hallmark_tests::chains::{LINKS, Link, chain, convolutions, layers, recurrent};
use std::sync::Arc;
use std::time::Duration;

/// What is planned.
enum Shape {
    /// One operation after the other.
    Chain(Link),
    /// A network of so many nodes.
    Network(fn(usize) -> Arc<QuantizedGraph>),
}

impl Shape {
    fn graph(&self, length: usize) -> Arc<QuantizedGraph> {
        match self {
            Self::Chain(link) => chain(length, link),
            Self::Network(make) => make(length),
        }
    }
}

/// The numbers of nodes.
const LENGTHS: [usize; 3] = [1_250, 5_000, 20_000];

fn quantising(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("quantising/convolutions");
    for length in LENGTHS {
        let (graph, sample) = convolutions(length);
        let samples = [sample];
        group.throughput(Throughput::Elements(length as u64));
        group.bench_function(BenchmarkId::from_parameter(length), |bench| {
            bench.iter(|| quantize(&graph, &samples, &QuantizeOptions::with_bits(12)))
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    quantising(&mut criterion);
    let links = LINKS.map(|(name, link)| (name, Shape::Chain(link)));
    let networks: [(_, Shape); 2] = [
        ("layers", Shape::Network(layers)),
        ("recurrent", Shape::Network(recurrent)),
    ];
    for (name, shape) in networks.into_iter().chain(links) {
        let mut group = criterion.benchmark_group(format!("planning/{name}"));
        for length in LENGTHS {
            let graph = shape.graph(length);
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
