//! What circuits prove about intervals.
//!
//! The interpreter refuses an execution in which any element leaves its interval. A circuit proves the same arithmetic on
//! intervals that contain these, and in three places are wider: a ReLU's input (symmetric around zero), elements that
//! are not the maximum of their pool (down to the window's maximum less the interval's length), and tensors in several
//! limbs whose interval's length is no power of two. Here is that such executions are proven with the exact results,
//! that nothing wraps, and that the wider intervals end where they should. Public values are checked exactly by the verifier.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::{CircuitError, Plan, PlanOptions, Target, Witness};
use hallmark_model::ops::integer::{Affine, IntConv, Linear, Lookup};
use hallmark_model::{
    ElementKind, IntTensor, ModelError, QNode, QOp, QTensor, QuantizedGraph, TensorId, Trace,
};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, ProverError, compile};
use hallmark_tests::forger::Forger;
use hallmark_tests::graph_builder::{GraphBuilder, derive_intervals, signed, window};
use hallmark_tests::setting::{NONCE, Setting};
use hallmark_tests::suite::NARROW;
use hallmark_verifier::{Form, VerifyError};
use std::sync::Arc;

/// Runs a graph with one tensor's interval widened to eight bits more, and the tables that cover it.
fn run_widened(graph: &QuantizedGraph, tensor: TensorId, input: &IntTensor) -> Trace {
    let mut wide = graph.clone();
    let (low, high) = wide.tensors[tensor.0].interval;
    wide.tensors[tensor.0].interval = (low * 256, (high + 1) * 256 - 1);
    let low = wide.tensors[tensor.0].interval.0;
    for node in &mut wide.nodes {
        if let QOp::Lookup(Lookup { table, .. }) = &mut node.op {
            *table = (0..table.len() as i64 * 256).map(|x| (x + low).max(0)).collect();
        }
    }
    derive_intervals(&mut wide);
    wide.run(std::slice::from_ref(input)).unwrap()
}

fn accepted(graph: &Arc<QuantizedGraph>, trace: Trace) -> Result<(), CircuitError> {
    let plan = Plan::forced(Arc::clone(graph), &PlanOptions::default(), 7, NARROW).unwrap();
    Witness::new(&plan, &trace, NONCE)?;
    // The constructor checks that every constraint holds.
    Forger::new(&Setting::of_plan(
        "beyond an interval",
        Arc::new(plan),
        Arc::new(trace),
    ));
    Ok(())
}

fn tensor(values: &[i64], shape: &[usize]) -> IntTensor {
    IntTensor::from_shape_vec(shape.to_vec(), values.to_vec()).unwrap()
}

/// Two layers with a ReLU between them. Returns the graph and an input for which the ReLU's input is 2^3 + `above`.
fn relu_network(above: i64) -> (Arc<QuantizedGraph>, IntTensor) {
    let mut g = GraphBuilder::new(1);
    let x = g.input_values(&[1, 1], signed(6), &[1]);
    let one = || IntTensor::from_shape_vec(vec![1, 1], vec![1]).unwrap();
    let y = g.node(
        QOp::Linear(Linear {
            weight: one(),
            bias: vec![0],
        }),
        &[x],
        &[1, 1],
    );
    let y = g.requantize_from(y, 4, 0);
    let a = g.relu(y);
    let z = g.node(
        QOp::Linear(Linear {
            weight: one() * 3,
            bias: vec![1],
        }),
        &[a],
        &[1, 1],
    );
    let z = g.requantize_from(z, 8, 0);
    g.output(z);
    (g.finish().0, tensor(&[8 + above], &[1, 1]))
}

#[test]
fn a_relu_reaches_one_further() {
    let (graph, input) = relu_network(0);
    let refused = graph.run(std::slice::from_ref(&input)).unwrap_err();
    assert!(
        matches!(refused, ModelError::OutOfRange { value: 8, .. }),
        "{refused}"
    );
    let trace = run_widened(&graph, TensorId(2), &input);
    assert_eq!(trace.tensors.last().unwrap()[[0, 0]], 8 * 3 + 1);
    accepted(&graph, trace).unwrap();
    let (graph, input) = relu_network(1);
    let trace = run_widened(&graph, TensorId(2), &input);
    let error = accepted(&graph, trace).unwrap_err();
    assert!(
        matches!(
            error,
            CircuitError::NotInTable {
                value: 9,
                length: 9,
                ..
            }
        ),
        "{error}"
    );
}

/// The same with a real proof: the statement is true of the integers, but the interpreter refuses the input.
#[test]
fn such_an_execution_has_a_proof() {
    let (graph, input) = relu_network(0);
    let trace = Arc::new(run_widened(&graph, TensorId(2), &input));
    let circuit = PlannedCircuit::new(&graph, Target::Fast, Form::PUBLIC).unwrap();
    let description = Description {
        name: "relu",
        bits: 4,
        target: "fast",
    };
    let mut compiled = compile(
        std::slice::from_ref(&circuit),
        description,
        &Srs::development,
        None,
        &Silent,
    )
    .unwrap();
    let srs = Srs::development(circuit.k()).unwrap();
    let prover = Prover::new(circuit, compiled.keys.remove(0), srs, compiled.key);
    let proved = prover.prove(&trace, &ProveOptions::default(), &Silent).unwrap();
    assert_eq!(proved.bundle.values.outputs, [[25]]);
}

/// A window [high, low − something]: the smaller element may lie below the interval, by less than the interval's length.
#[test]
fn elements_below_a_maximum_reach_further_down() {
    let network = |below: i64| {
        let mut g = GraphBuilder::new(2);
        let x = g.input_values(&[1, 1, 1, 2], signed(8), &[1, 0]);
        let weight = IntTensor::from_elem(vec![1, 1, 1, 1], 1);
        let w = window([1, 1], [1, 1], [[0; 2]; 2]);
        let op = QOp::Conv(IntConv {
            weight,
            bias: vec![0],
            window: w,
            groups: 1,
        });
        let y = g.node(op, &[x], &[1, 1, 1, 2]);
        let y = g.requantize_from(y, 4, 0);
        let m = g.max_pool(y, window([1, 2], [1, 2], [[0; 2]; 2]));
        g.output(m);
        (g.finish().0, tensor(&[-3, -8 - below], &[1, 1, 1, 2]))
    };
    let (graph, input) = network(10);
    assert!(matches!(
        graph.run(std::slice::from_ref(&input)).unwrap_err(),
        ModelError::OutOfRange { .. }
    ));
    let trace = run_widened(&graph, TensorId(2), &input);
    assert_eq!(trace.tensors.last().unwrap()[[0, 0, 0, 0]], -3);
    accepted(&graph, trace).unwrap();
    // −3 − (−19) = 16 is the interval's length.
    let (graph, input) = network(11);
    let error = accepted(&graph, run_widened(&graph, TensorId(2), &input)).unwrap_err();
    assert!(
        matches!(
            error,
            CircuitError::NotInTable {
                value: 16,
                length: 16,
                ..
            }
        ),
        "{error}"
    );
}

/// A pool that is declared wider than its input would take the bound off what it reads, and with pools after pools the bound on
/// what a circuit proves: such a graph is no graph.
#[test]
fn a_pool_is_not_wider_than_what_it_reads() {
    let mut g = GraphBuilder::new(4);
    let x = g.input_values(&[1, 1, 1, 2], (0, 1 << 45), &[1, 0]);
    let weight = IntTensor::from_elem(vec![1, 1, 1, 1], 1);
    let op = QOp::Conv(IntConv {
        weight,
        bias: vec![0],
        window: window([1, 1], [1, 1], [[0; 2]; 2]),
        groups: 1,
    });
    let y = g.node(op, &[x], &[1, 1, 1, 2]);
    let y = g.requantize_from(y, 2, 0);
    let m = g.max_pool(y, window([1, 2], [1, 2], [[0; 2]; 2]));
    g.output(m);
    let mut graph = QuantizedGraph::clone(&g.finish().0);
    for wide in [(-(1 << 46), 1 << 46), (-2, 2)] {
        graph.tensors[m.0].interval = wide;
        let refused = graph.validate().unwrap_err();
        assert!(matches!(refused, ModelError::InvalidNode { .. }), "{refused}");
        let planned = PlannedCircuit::new(&Arc::new(graph.clone()), Target::Fast, Form::PUBLIC);
        let refused = planned.err().unwrap().to_string();
        assert!(refused.contains("[-2, 1]"), "{refused}");
    }
}

/// 0..=99 in limbs of four bits is 0..=127 for the circuit; a public value is checked by the verifier.
#[test]
fn several_limbs_reach_the_next_power_of_two() {
    let network = |value: i64| {
        let mut g = GraphBuilder::new(3);
        let x = g.input_values(&[1, 1], (0, 99), &[50]);
        let weight = IntTensor::from_elem(vec![1, 1], 1);
        let y = g.node(
            QOp::Linear(Linear {
                weight,
                bias: vec![0],
            }),
            &[x],
            &[1, 1],
        );
        let y = g.requantize_from(y, 8, 0);
        g.output(y);
        let (graph, _) = g.finish();
        let mut wide = QuantizedGraph::clone(&graph);
        wide.tensors[0].interval = (0, 1 << 20);
        wide.tensors[2].interval = (-(1 << 20), (1 << 20) - 1);
        derive_intervals(&mut wide);
        let trace = wide.run(&[tensor(&[value], &[1, 1])]).unwrap();
        (graph, trace)
    };
    let (graph, trace) = network(127);
    accepted(&graph, trace).unwrap();
    let (graph, trace) = network(128);
    assert!(matches!(
        accepted(&graph, trace).unwrap_err(),
        CircuitError::NotInTable { .. }
    ));
    let (graph, trace) = network(100);
    let circuit = PlannedCircuit::new(&graph, Target::Evm, Form::PUBLIC).unwrap();
    let description = Description {
        name: "limbs",
        bits: 7,
        target: "evm",
    };
    let mut compiled = compile(
        std::slice::from_ref(&circuit),
        description,
        &Srs::development,
        None,
        &Silent,
    )
    .unwrap();
    let srs = Srs::development(circuit.k()).unwrap();
    let prover = Prover::new(circuit, compiled.keys.remove(0), srs, compiled.key);
    let error = prover
        .prove(&Arc::new(trace), &ProveOptions::default(), &Silent)
        .err()
        .unwrap();
    match error {
        ProverError::SelfVerify(VerifyError::OutsideInterval { value: 100, .. })
        | ProverError::Circuit(_) => {}
        error => panic!("{error}"),
    }
}

/// Constants are cells that a lookup holds at zero beside a fixed offset. A graph without inputs would have no lookups, and
/// its constants would be free: it is refused before it is planned.
#[test]
fn graphs_without_inputs_are_refused() {
    let constant = Some(tensor(&[3, 4], &[2]));
    let graph = QuantizedGraph {
        name: "constant".to_owned(),
        tensors: vec![QTensor {
            name: "c".to_owned(),
            shape: vec![2],
            kind: ElementKind::real(0),
            interval: (-10, 10),
        }],
        nodes: vec![QNode {
            name: "constant".to_owned(),
            op: QOp::Affine(Affine {
                coefficients: vec![],
                constant,
            }),
            inputs: vec![],
            outputs: vec![TensorId(0)],
        }],
        inputs: vec![],
        outputs: vec![TensorId(0)],
    };
    assert!(matches!(graph.validate(), Err(ModelError::InvalidNode { .. })));
}
