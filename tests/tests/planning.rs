//! Whatever the interpreter accepts is planned, for both targets, with public and with private inputs, and in batches; and the
//! planned circuit accepts the execution. What cannot be planned is refused in words, in little time and on a small stack.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::internals::builder::Widths;
use hallmark_circuits::{Choice, CircuitError, ModelCircuit, Plan, PlanOptions, Target, Witness};
use hallmark_model::ops::integer::{Affine, Concat};
use hallmark_model::{IntTensor, QOp, QuantizeOptions, QuantizedGraph, Trace, quantize};
use hallmark_tests::chains::{LINKS, chain, convolutions, layers, recurrent};
use hallmark_tests::graph_builder::{ConvShape, GraphBuilder};
use hallmark_tests::random_graph::random_graph;
use hallmark_tests::setting::NONCE;
use hallmark_tests::suite::NARROW;
use halo2_proofs::dev::MockProver;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const OPTIONS: [PlanOptions; 4] = [
    PlanOptions {
        target: Target::Fast,
        private_input: false,
    },
    PlanOptions {
        target: Target::Fast,
        private_input: true,
    },
    PlanOptions {
        target: Target::Evm,
        private_input: false,
    },
    PlanOptions {
        target: Target::Evm,
        private_input: true,
    },
];

fn accepts(plan: Plan, trace: &Trace) -> Result<bool, CircuitError> {
    let plan = Arc::new(plan);
    let salt = plan.options().private_input.then_some([9; 32]);
    let witness = Witness::with_salt(&plan, trace, NONCE, salt)?;
    let instances = witness.instances().to_vec();
    let circuit = ModelCircuit::prove(Arc::clone(&plan), Arc::new(witness));
    Ok(MockProver::run(plan.k(), &circuit, instances)
        .unwrap()
        .verify()
        .is_ok())
}

/// Plans a graph in every way that `options` names, and runs it.
fn check(graph: &Arc<QuantizedGraph>, trace: &Trace, options: &[PlanOptions]) -> Result<(), String> {
    for option in options {
        let plan = Plan::new(Arc::clone(graph), option).map_err(|error| format!("{option:?}: {error}"))?;
        match accepts(plan, trace) {
            Ok(true) => {}
            Ok(false) => return Err(format!("{option:?}: the honest witness is rejected")),
            Err(error) => return Err(format!("{option:?}: {error}")),
        }
    }
    Ok(())
}

/// One random graph, in one of the four ways, and where it can be a batch also as one of two.
fn check_random(seed: u64) -> Result<(), String> {
    let (graph, trace) = random_graph(seed).finish();
    let option = &OPTIONS[seed as usize % 4..][..1];
    check(&graph, &trace, option)?;
    let Ok(wide) = graph.batched(2) else { return Ok(()) };
    let inputs: Vec<IntTensor> = graph.inputs.iter().map(|t| trace.tensors[t.0].clone()).collect();
    let stacked = hallmark_model::stack(&[inputs.clone(), inputs]).unwrap();
    let trace = wide.run(&stacked).unwrap();
    check(&Arc::new(wide), &trace, option).map_err(|reason| format!("as a batch: {reason}"))
}

fn check_seeds(seeds: std::ops::Range<u64>) {
    let mut failures = Vec::new();
    for seed in seeds {
        let outcome = catch_unwind(AssertUnwindSafe(|| check_random(seed)));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => failures.push(format!("{seed}: {reason}")),
            Err(_) => failures.push(format!("{seed}: panicked")),
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn random_graphs_are_planned() {
    check_seeds(0..60);
}

#[test]
#[ignore = "some minutes"]
fn many_random_graphs_are_planned() {
    check_seeds(1000..9000);
}

/// A convolution whose channels have different biases, read by a matrix product along the last axis: rows of columns hold elements of
/// several channels.
#[test]
fn a_convolution_with_biases_before_a_product_of_the_last_axis() {
    let mut g = GraphBuilder::new(5);
    let x = g.input(&[1, 1, 5, 4], 4);
    let y = g.conv(x, ConvShape::plain(4, [3, 3]), 4);
    let z = g.linear(y, 3, 4);
    g.output(z);
    let (graph, trace) = g.finish();
    check(&graph, &trace, &OPTIONS).unwrap();
    for operands in [false, true] {
        let widths = Widths { operands, ..NARROW };
        let plan = Plan::forced(Arc::clone(&graph), &OPTIONS[0], 9, widths).unwrap();
        assert!(accepts(plan, &trace).unwrap(), "operands {operands}");
    }
    let wide = Arc::new(graph.batched(2).unwrap());
    let input = trace.tensors[0].clone();
    let stacked = hallmark_model::stack(&[vec![input.clone()], vec![input]]).unwrap();
    let trace = wide.run(&stacked).unwrap();
    check(&wide, &trace, &OPTIONS).unwrap();
}

/// A matrix product with biases, then a constant of other shape, then rounding.
#[test]
fn biases_and_a_constant_before_one_rounding() {
    let mut g = GraphBuilder::new(6);
    let x = g.input(&[3, 4], 4);
    let y = g.product(x, 3);
    let constant = Some(IntTensor::from_shape_vec(vec![3, 1], vec![1, 2, 3]).unwrap());
    let s = g.node(
        QOp::Affine(Affine {
            coefficients: vec![1],
            constant,
        }),
        &[y],
        &[3, 3],
    );
    let z = g.requantize(s, 4);
    g.output(z);
    let (graph, trace) = g.finish();
    check(&graph, &trace, &OPTIONS).unwrap();
    for operands in [false, true] {
        let widths = Widths { operands, ..NARROW };
        let plan = Plan::forced(Arc::clone(&graph), &OPTIONS[0], 8, widths).unwrap();
        assert!(accepts(plan, &trace).unwrap(), "operands {operands}");
    }
}

/// Numbers of 26 bits are four limbs of eight.
#[test]
fn an_arg_max_of_wide_sums() {
    let mut g = GraphBuilder::new(7);
    let x = g.input(&[1, 4], 12);
    let s = g.node(
        QOp::Affine(Affine {
            coefficients: vec![1 << 13],
            constant: None,
        }),
        &[x],
        &[1, 4],
    );
    let i = g.arg_max(s, 1, false);
    g.output(i);
    let (graph, trace) = g.finish();
    check(&graph, &trace, &OPTIONS).unwrap();
}

/// Products that are outputs, compared, added or multiplied without being rounded.
#[test]
fn unrounded_products_are_read_by_anything() {
    let mut g = GraphBuilder::new(8);
    let x = g.input(&[2, 3], 4);
    let y = g.product(x, 3);
    let square = g.node(QOp::Mul, &[y, y], &[2, 3]);
    let sum = g.node(
        QOp::Affine(Affine {
            coefficients: vec![1, -2],
            constant: None,
        }),
        &[square, y],
        &[2, 3],
    );
    let index = g.arg_max(sum, 1, true);
    let rounded = g.requantize(y, 4);
    for output in [y, sum, index, rounded] {
        g.output(output);
    }
    let (graph, trace) = g.finish();
    check(&graph, &trace, &OPTIONS).unwrap();
    let mut g = GraphBuilder::new(9);
    let x = g.input(&[1, 2, 4, 4], 4);
    let y = g.convolved(x, ConvShape::plain(3, [3, 3]));
    let relu = g.relu(y);
    let z = g.requantize(relu, 5);
    let t = g.node(QOp::MatMul, &[z, z], &[1, 3, 2, 2]);
    g.output(t);
    let (graph, trace) = g.finish();
    check(&graph, &trace, &OPTIONS).unwrap();
}

/// In twenty thousand operations in a row, every term is merged into its convolution and every pool is before its function.
#[test]
fn long_chains_are_simplified_everywhere() {
    let (graph, sample) = convolutions(20_000);
    let quantized = quantize(&graph, &[sample], &QuantizeOptions::with_bits(4)).unwrap();
    let names: Vec<&str> = quantized.graph.nodes.iter().map(|node| node.op.name()).collect();
    let block = ["Conv", "Requantize", "MaxPool", "Lookup"];
    assert_eq!(names, block.repeat(5_000));
    let moved = quantized
        .graph
        .tensors
        .iter()
        .filter(|t| t.name.ends_with(".argument"));
    assert_eq!(moved.count(), 5_000);
}

/// Twenty thousand operations in a row, on a small stack. (How long they take is measured by the benchmark `planning`.)
#[test]
fn long_chains_are_planned_on_a_small_stack() {
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(256 << 10)
        .build()
        .unwrap();
    for (name, link) in LINKS {
        let graph = chain(20_000, link);
        for option in OPTIONS.iter().step_by(2) {
            if let Err(error) = pool.install(|| Plan::new(Arc::clone(&graph), option)) {
                assert!(matches!(error, CircuitError::TooLarge { .. }), "{name}: {error}");
            }
        }
    }
}

/// A graph is lowered a few times, however many sizes and widths there are to choose from and however long it is.
#[test]
fn few_lowerings_find_a_layout() {
    /// Most that were needed, and some.
    const MOST: usize = 12;
    let deep = [60, 600, 6000]
        .into_iter()
        .flat_map(|length| [layers(length), recurrent(length)]);
    let long = LINKS.iter().map(|(_, link)| chain(500, link));
    let random = (0..40).map(|seed| random_graph(seed).finish().0);
    for graph in deep.chain(long).chain(random) {
        for option in &OPTIONS {
            let plan = Plan::new(Arc::clone(&graph), option).unwrap();
            let (name, nodes) = (&graph.name, graph.nodes.len());
            assert!(
                plan.lowerings() <= MOST,
                "{name}, {nodes} nodes, {option:?}: {} lowerings",
                plan.lowerings()
            );
        }
    }
}

/// Channels that are elements of one vector: each is evaluated on a row of its own, so that one accumulator does for all, and a
/// vector that is repeated is read once. Side by side, they would take as many accumulators as a row has lanes; read one by one, as
/// many as there are repetitions.
#[test]
fn pieces_that_are_read_apart_share_accumulators() {
    let mut g = GraphBuilder::named("repeated vector");
    let x = g.input(&[1, 1, 1, 64], 8);
    let y = g.conv(x, ConvShape::plain(1, [1, 1]), 8);
    let channels = g.transpose(y, &[0, 3, 1, 2]);
    let lines = g.node(QOp::Concat(Concat { axis: 2 }), &[channels; 4], &[1, 64, 4, 1]);
    let image = g.node(QOp::Concat(Concat { axis: 3 }), &[lines; 4], &[1, 64, 4, 4]);
    let z = g.conv(image, ConvShape::plain(3, [4, 4]), 8);
    g.output(z);
    let (graph, trace) = g.finish();
    let plan = Plan::new(graph, &OPTIONS[0]).unwrap();
    let groups = plan.summary().groups;
    let evaluations = groups.iter().find(|group| group.name == "evaluations").unwrap();
    assert!(evaluations.columns <= 6, "{} accumulators", evaluations.columns);
    assert!(accepts(plan, &trace).unwrap());
}

/// A vector that is repeated more often than a row may have positions is read one copy at a time.
#[test]
fn a_vector_is_repeated_as_often_as_one_likes() {
    let mut g = GraphBuilder::named("many copies");
    let x = g.input(&[1, 8], 4);
    let y = g.linear(x, 8, 4);
    let copies = vec![y; 1100];
    let all = g.node(QOp::Concat(Concat { axis: 1 }), &copies, &[1, 8 * 1100]);
    let z = g.linear(all, 2, 8);
    g.output(z);
    let (graph, _) = g.finish();
    Plan::new(graph, &OPTIONS[0]).unwrap();
}

/// Pieces that cross channels lie among other pieces wherever they are: rows apart would save nothing, and take many times the cells.
#[test]
fn pieces_of_several_channels_share_rows() {
    let mut g = GraphBuilder::named("mixer");
    let mut x = g.input(&[1, 64, 1, 64], 6);
    for _ in 0..2 {
        let tokens = g.conv(x, ConvShape::plain(64, [1, 1]), 6);
        let turned = g.transpose(tokens, &[0, 3, 2, 1]);
        let mixed = g.conv(turned, ConvShape::plain(64, [1, 1]), 6);
        x = g.transpose(mixed, &[0, 3, 2, 1]);
    }
    g.output(x);
    let (graph, _) = g.finish();
    let plan = Plan::new(graph, &OPTIONS[0]).unwrap();
    assert!(plan.k() <= 11, "2^{} rows", plan.k());
}

/// Whatever somebody claims to have been chosen: a layout that holds the graph, or an error in words.
#[test]
fn no_choice_makes_laying_out_panic() {
    const NUMBERS: [usize; 18] = [
        0,
        1,
        2,
        3,
        4,
        5,
        7,
        8,
        10,
        12,
        14,
        16,
        20,
        64,
        1000,
        2048,
        2052,
        usize::MAX,
    ];
    let (mut possible, mut impossible) = (0, 0);
    for seed in 0..12 {
        let (graph, trace) = random_graph(seed).finish();
        for option in &OPTIONS {
            let own = Plan::new(Arc::clone(&graph), option).unwrap().choice();
            for number in NUMBERS {
                for choice in others(&own, number) {
                    match Plan::kept(Arc::clone(&graph), option, &choice) {
                        Ok(plan) => {
                            assert_eq!((plan.choice(), plan.lowerings()), (choice, 1));
                            // Its owner's loss, but a circuit all the same.
                            if number < 64 && choice.k < 12 {
                                assert!(accepts(plan, &trace).unwrap(), "{seed}, {option:?}: {choice:?}");
                            }
                            possible += 1;
                        }
                        Err(CircuitError::Choice { .. }) => impossible += 1,
                        Err(error) => panic!("{seed}, {option:?}: {choice:?}: {error}"),
                    }
                }
            }
        }
    }
    assert!(possible > 500 && impossible > 500, "{possible}, {impossible}");
}

/// A choice with another number in the place of one of its own.
fn others(own: &Choice, number: usize) -> [Choice; 10] {
    let with = |change: &dyn Fn(&mut Choice)| {
        let mut other = *own;
        change(&mut other);
        other
    };
    [
        with(&|c| c.k = number as u32),
        with(&|c| c.widths.single = number),
        with(&|c| c.widths.pair = number),
        with(&|c| c.widths.product = number),
        with(&|c| c.widths.border = number),
        with(&|c| c.widths.weights = number),
        with(&|c| c.widths.instance = number),
        with(&|c| c.widths.limb_bits = number as u32),
        with(&|c| c.widths.operands = number % 2 == 1),
        with(&|c| {
            c.widths = Widths {
                single: number,
                pair: number,
                product: number,
                border: number,
                weights: number,
                instance: number,
                ..c.widths
            };
        }),
    ]
}
