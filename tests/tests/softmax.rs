//! Softmax and attention, from files to proofs for both targets, and against onnxruntime; bounds on what rounding takes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::Target;
use hallmark_import::input::{InputKind, InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use hallmark_model::ops::SoftmaxResult;
use hallmark_model::ops::float::Softmax;
use hallmark_model::{
    FloatTensor, Graph, Node, Op, QOp, QuantizeOptions, QuantizedGraph, Trace, Value, ValueId, quantize,
};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_tests::checks::contract::Bench;
use hallmark_tests::random_graph::Dice;
use hallmark_verifier::{Form, verify};
use ndarray::{ArrayD, IxDyn};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model of `reference/data`, calibrated with its samples, and its first sample.
struct Model {
    graph: Arc<QuantizedGraph>,
    trace: Arc<Trace>,
    /// What onnxruntime gives.
    expected: FloatTensor,
}

fn reference(name: &str, ending: &str) -> Vec<u8> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/data");
    std::fs::read(folder.join(format!("{name}.{ending}"))).unwrap()
}

fn run(graph: &QuantizedGraph, inputs: &[FloatTensor]) -> Trace {
    let integers: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| graph.quantize_input(index, input).unwrap())
        .collect();
    graph.run(&integers).unwrap()
}

impl Model {
    fn new(name: &str) -> Self {
        let float = import(&reference(name, "onnx"), &ImportOptions::default()).unwrap();
        let vectors = reference(name, "npz");
        let limits = InputLimits::default();
        let inputs = parse(&vectors, &InputSpec::of_graph(&float), &limits).unwrap();
        let output = &float.values[float.outputs[0].0];
        let spec = InputSpec {
            name: output.name.clone(),
            shape: output.shape.clone(),
            kind: InputKind::Real,
        };
        let mut outputs = parse(&vectors, &[spec], &limits).unwrap();
        let graph = quantize(&float, &inputs, &QuantizeOptions::default())
            .unwrap()
            .graph;
        Self {
            trace: Arc::new(run(&graph, &inputs[0])),
            graph: Arc::new(graph),
            expected: outputs.swap_remove(0).swap_remove(0),
        }
    }

    /// That what is proven is near to what onnxruntime gives.
    fn is_right(&self, name: &str) {
        let id = self.graph.outputs[0];
        let got = self.graph.dequantize(id, &self.trace.tensors[id.0]);
        assert_eq!(got.shape(), self.expected.shape(), "{name}");
        for (got, expected) in got.iter().zip(&self.expected) {
            assert!(
                (got - expected).abs() < 1.0 / 256.0,
                "{name}: {got}, not {expected}"
            );
        }
    }
}

const MODELS: [&str; 3] = ["softmax_queries", "logsumexp", "attention_masked_infinite"];

#[test]
fn softmax_and_attention_are_proven_fast() {
    for name in MODELS {
        let model = Model::new(name);
        model.is_right(name);
        let circuit = PlannedCircuit::new(&model.graph, Target::Fast, Form::PUBLIC).unwrap();
        let description = Description {
            name,
            bits: 12,
            target: "fast",
        };
        let circuits = std::slice::from_ref(&circuit);
        let mut compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
        let srs = Srs::development(circuit.k()).unwrap();
        let (key, keys) = (Arc::clone(&compiled.key), compiled.keys.pop().unwrap());
        let prover = Prover::new(circuit, keys, srs, Arc::clone(&key));
        let proved = prover
            .prove(&model.trace, &ProveOptions::default(), &Silent)
            .unwrap();
        verify(&key, &key.model_id(), &proved.bundle).unwrap();
    }
}

#[test]
fn softmax_and_attention_are_proven_for_contracts() {
    for name in ["logsoftmax", "attention_masked_infinite"] {
        let model = Model::new(name);
        let circuit = PlannedCircuit::new(&model.graph, Target::Evm, Form::PUBLIC).unwrap();
        Bench::new(name, &[circuit]).prove(&model.trace, &ProveOptions::default());
    }
}

/// A graph that is one softmax along the last of three axes.
fn softmax(rows: usize, length: usize, mask: Option<FloatTensor>) -> Graph {
    let value = |name: &str| Value {
        name: name.to_owned(),
        shape: vec![1, rows, length],
        constant: None,
        whole: None,
    };
    let op = Op::Softmax(Softmax {
        axis: 2,
        result: SoftmaxResult::Probabilities,
        mask,
    });
    Graph {
        name: "softmax".to_owned(),
        values: vec![value("x"), value("y")],
        nodes: vec![Node {
            name: "softmax".to_owned(),
            op,
            inputs: vec![ValueId(0)],
            outputs: vec![ValueId(1)],
        }],
        inputs: vec![ValueId(0)],
        outputs: vec![ValueId(1)],
    }
}

fn random(dice: &mut Dice, shape: &[usize], most: i64) -> FloatTensor {
    let mut number = || dice.between(-1000 * most, 1000 * most) as f32 / 1000.0;
    ArrayD::from_shape_fn(IxDyn(shape), |_| number())
}

/// The integer result is within one unit of its last place of the softmax of the quantised input, for rows of any length, with masks and
/// without, at any number of bits; elements that do not count are exactly zero.
#[test]
fn a_softmax_is_within_one_unit_of_its_last_place() {
    let mut checked = 0;
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let (rows, length) = (1 + dice.below(4), dice.pick(&[1, 2, 3, 7, 16, 100, 700]));
        let (most, bits) = (dice.pick(&[1, 8, 30]), dice.pick(&[8, 12, 16]));
        let mask = dice.coin().then(|| {
            let least = dice.pick(&[-1e4, f32::MIN]);
            // Numbers of the input's scale; differences of more than 16 bits would be rounded.
            let other = if bits < 16 { dice.pick(&[0.0, -2.0]) } else { 0.0 };
            ArrayD::from_shape_fn(IxDyn(&[rows, length]), |at| match dice.below(3) {
                _ if at[1] == 0 => 0.0,
                0 => least,
                1 => other,
                _ => 0.0,
            })
        });
        let graph = softmax(rows, length, mask.clone());
        let input = random(&mut dice, &[1, rows, length], most);
        let options = QuantizeOptions::with_bits(bits);
        let quantized = quantize(&graph, &[vec![input.clone()]], &options).unwrap().graph;
        let trace = run(&quantized, &[input]);
        let x = quantized.dequantize(quantized.inputs[0], &trace.tensors[quantized.inputs[0].0]);
        let exact = graph.run(&[x]).unwrap().swap_remove(1);
        let id = quantized.outputs[0];
        let unit = 1.0 / (1u64 << quantized.tensors[id.0].kind.scale_bits().unwrap()) as f32;
        let got = quantized.dequantize(id, &trace.tensors[id.0]);
        for (place, (got, exact)) in got.iter().zip(&exact).enumerate() {
            // Differences of more than 16 bits are rounded before their exponential is taken.
            assert!(
                (got - exact).abs() <= 1.01 * unit,
                "{seed}: {got}, not {exact}, {length}"
            );
            let masked = mask.as_ref().and_then(|mask| mask.iter().nth(place).copied());
            if masked.is_some_and(|mask| mask < -1000.0) {
                assert_eq!(*got, 0.0, "{seed}");
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
}

/// A mask sets no scale: nothing is stored at that of a sum with it, and what is stored has the intervals that it has without one.
#[test]
fn masks_are_no_numbers() {
    let (with, without) = (Model::new("attention_masked_least"), Model::new("attention"));
    let stored = |model: &Model| -> Vec<(i64, i64)> {
        let is_stored = |op: &QOp| matches!(op, QOp::Requantize(_) | QOp::FloorDiv | QOp::MaxPool(_));
        let nodes = model.graph.nodes.iter().filter(|node| is_stored(&node.op));
        nodes
            .map(|node| model.graph.tensors[node.output().0].interval)
            .collect()
    };
    assert_eq!(stored(&with), stored(&without));
    assert!(with.graph.tensors.iter().all(|tensor| tensor.name != "sm"));
}
