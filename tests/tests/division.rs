//! Quotients and remainders: of integers exactly, of every sign; proven, and refused where a divisor is zero.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[path = "../../import/tests/file/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod file;

use file::{FLOAT, Model, Node, attribute_int};
use hallmark_circuits::{Plan, PlanOptions, Target};
use hallmark_import::{ImportOptions, import};
use hallmark_model::{FloatTensor, Graph, ModelError, QuantizeOptions, QuantizedGraph, Trace, quantize};
use hallmark_prover::PlannedCircuit;
use hallmark_prover::ProveOptions;
use hallmark_tests::checks::contract::Bench;
use hallmark_tests::checks::mock_prover::mock;
use hallmark_tests::setting::Setting;
use hallmark_verifier::Form;
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;

const INT32: i32 = 6;

/// The operator `op` of two inputs of six elements.
fn model(op: &str, fmod: bool, element: i32) -> Graph {
    let node = Node::new(op, &["a", "b"], &["y"]);
    let node = if fmod {
        node.attribute(attribute_int("fmod", 1))
    } else {
        node
    };
    let model = Model::new()
        .input("a", element, &["1", "6"])
        .input("b", element, &["1", "6"])
        .output("y", element)
        .node(node);
    import(&model.bytes(), &ImportOptions::default()).unwrap()
}

fn row(values: [f32; 6]) -> FloatTensor {
    ArrayD::from_shape_vec(IxDyn(&[1, 6]), values.to_vec()).unwrap()
}

fn run(graph: &QuantizedGraph, inputs: &[FloatTensor]) -> Result<Trace, ModelError> {
    let integers = inputs.iter().enumerate().map(|(i, x)| graph.quantize_input(i, x));
    graph.run(&integers.collect::<Result<Vec<_>, _>>()?)
}

/// What a division of integers is, in words of Rust.
fn expected(op: &str, fmod: bool, a: i64, b: i64) -> i64 {
    match (op, fmod) {
        ("Div", _) => a / b,
        (_, true) => a % b,
        _ => a - b * (a as f64 / b as f64).floor() as i64,
    }
}

const OPERATORS: [(&str, bool); 3] = [("Div", false), ("Mod", false), ("Mod", true)];

/// Divisors of one sign, of the other and of both, and the dividends −20 to 20.
#[test]
fn quotients_and_remainders_of_integers_are_exact() {
    for (op, fmod) in OPERATORS {
        let float = model(op, fmod, INT32);
        for divisors in [
            [1, 2, 3, 5, 7, 20],
            [-1, -2, -3, -5, -7, -20],
            [1, -1, 3, -3, 7, -20],
        ] {
            let samples: Vec<Vec<FloatTensor>> = (-20..=20)
                .map(|a| vec![row([a as f32; 6]), row(divisors.map(|b| b as f32))])
                .collect();
            let quantized = quantize(&float, &samples, &QuantizeOptions::default())
                .unwrap()
                .graph;
            let output = quantized.outputs[0];
            assert!(quantized.tensors[output.0].kind.is_whole());
            for (a, sample) in (-20i64..=20).zip(&samples) {
                let trace = run(&quantized, sample).unwrap();
                let right: Vec<i64> = divisors.iter().map(|b| expected(op, fmod, a, *b)).collect();
                let got: Vec<i64> = trace.tensors[output.0].iter().copied().collect();
                assert_eq!(got, right, "{op}, fmod {fmod}, {a} by {divisors:?}");
            }
            let zero = run(&quantized, &[row([3.0; 6]), row([0.0; 6])]).unwrap_err();
            let is_divisor = |tensor: &str| tensor.contains(".divisor");
            assert!(
                matches!(&zero, ModelError::OutOfRange { tensor, .. } if is_divisor(tensor)),
                "{zero}"
            );
        }
    }
}

/// The circuits of both layouts hold for divisions of both signs; one is proven for a contract.
#[test]
fn divisions_are_proven() {
    for (op, fmod) in OPERATORS {
        let float = model(op, fmod, INT32);
        let inputs = [
            row([-20., 20., -7., 9., 0., 11.]),
            row([3., -3., -7., 4., -5., 20.]),
        ];
        let graph = quantize(&float, &[inputs.to_vec()], &QuantizeOptions::default())
            .unwrap()
            .graph;
        let trace = Arc::new(run(&graph, &inputs).unwrap());
        let graph = Arc::new(graph);
        let circuit = PlannedCircuit::new(&graph, Target::Evm, Form::PUBLIC).unwrap();
        Bench::new("division", &[circuit]).prove(&trace, &ProveOptions::default());
        let plan = Arc::new(Plan::new(graph, &PlanOptions::default()).unwrap());
        let setting = Setting::of_plan("division", plan, trace);
        let witness = setting.witness();
        let instances = witness.instances().to_vec();
        assert!(mock(&setting, witness, instances), "{op}, fmod {fmod}");
    }
}

/// Divisors of reals have the sign of the samples'; those that would round to zero are refused by the node's name.
#[test]
fn divisors_of_reals_are_what_the_samples_have() {
    let float = model("Div", false, FLOAT);
    let with = |b: [f32; 6]| vec![row([1., -1., 0.5, 0.25, -0.75, 1.]), row(b)];
    let positive = quantize(
        &float,
        &[with([0.5, 1., 1.5, 2., 2.5, 3.])],
        &QuantizeOptions::default(),
    )
    .unwrap();
    let error = run(&positive.graph, &with([0.5, 1., -1.5, 2., 2.5, 3.])).unwrap_err();
    assert!(
        matches!(&error, ModelError::OutOfRange { index, .. } if index == &[0, 2]),
        "{error}"
    );
    let error = quantize(
        &float,
        &[with([1e-6, 1., 1.5, 2., 2.5, 3.])],
        &QuantizeOptions::default(),
    )
    .unwrap_err();
    assert!(error.to_string().contains("rounds to zero"), "{error}");
}
