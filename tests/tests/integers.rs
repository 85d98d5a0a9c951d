//! Models over integers, from the file to proofs: what is an integer there is one here, and exact.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[path = "../../import/tests/file/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod file;

use file::{FLOAT, INT64, Model, Node, UINT8, attribute_int, attribute_ints};
use hallmark_circuits::Target;
use hallmark_circuits::internals::builder::Widths;
use hallmark_circuits::internals::lowering::lanes;
use hallmark_import::{ImportOptions, import};
use hallmark_model::ops::integer::{ArgMax, Concat, Lookup, MaxPool};
use hallmark_model::{
    ElementKind, FloatTensor, Graph, IntTensor, ModelError, QNode, QOp, QTensor, QuantizeOptions,
    QuantizedGraph, TensorId, Trace, quantize,
};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Compiled, Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_tests::checks::mock_prover::mock;
use hallmark_tests::graph_builder::window;
use hallmark_tests::setting::Setting;
use hallmark_tests::suite::{self, NARROW};
use hallmark_verifier::{BoundTensor, Form, verify};
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;

const UINT16: i32 = 4;
const INT32: i32 = 6;
const BOOL: i32 = 9;
const UINT32: i32 = 12;

fn tensor(shape: &[usize], values: &[f32]) -> FloatTensor {
    ArrayD::from_shape_vec(IxDyn(shape), values.to_vec()).unwrap()
}

/// A model with its integer form.
struct Case {
    float: Graph,
    graph: QuantizedGraph,
}

impl Case {
    fn new(model: &Model, calibration: &[Vec<FloatTensor>]) -> Self {
        Self::try_new(model, calibration).unwrap()
    }

    fn try_new(model: &Model, calibration: &[Vec<FloatTensor>]) -> Result<Self, ModelError> {
        let float = import(&model.bytes(), &ImportOptions::default()).unwrap();
        let graph = quantize(&float, calibration, &QuantizeOptions::default())?.graph;
        Ok(Self { float, graph })
    }

    fn output(&self) -> &hallmark_model::QTensor {
        &self.graph.tensors[self.graph.outputs[0].0]
    }

    fn inputs(&self, sample: &[FloatTensor]) -> Result<Vec<IntTensor>, ModelError> {
        let tensors = sample.iter().enumerate();
        tensors
            .map(|(index, tensor)| self.graph.quantize_input(index, tensor))
            .collect()
    }

    /// The integers of the first output.
    fn run(&self, sample: &[FloatTensor]) -> Vec<i64> {
        let trace = self.graph.run(&self.inputs(sample).unwrap()).unwrap();
        trace
            .outputs(&self.graph)
            .next()
            .unwrap()
            .iter()
            .copied()
            .collect()
    }

    /// The first output of the float model, which is exact for integers of up to 24 bits.
    fn float(&self, sample: &[FloatTensor]) -> Vec<i64> {
        let values = self.float.run(sample).unwrap();
        values[self.float.outputs[0].0]
            .iter()
            .map(|v| *v as i64)
            .collect()
    }

    /// The interpreter, MockProver, and a proof, in which the output is one of integers.
    fn proves(&self, sample: &[FloatTensor], expected: &[i64]) {
        assert_eq!(self.run(sample), expected);
        assert_eq!(self.output().kind, ElementKind::Integer);
        let trace = Arc::new(self.graph.run(&self.inputs(sample).unwrap()).unwrap());
        self.is_mocked(&trace);
        self.proves_as(&trace, (Target::Fast, Form::PUBLIC), expected);
    }

    /// MockProver accepts the execution, laid out narrowly.
    fn is_mocked(&self, trace: &Arc<Trace>) {
        let graph = Arc::new(self.graph.clone());
        let lanes = lanes(&graph, NARROW.limb_bits).next_multiple_of(4);
        let case = suite::Case {
            name: "integers",
            graph,
            trace: Arc::clone(trace),
            widths: Widths {
                single: NARROW.single.max(lanes),
                ..NARROW
            },
        };
        let setting = Setting::new(&case);
        let witness = setting.witness();
        let instances = witness.instances().to_vec();
        assert!(mock(&setting, witness, instances));
    }

    /// A proof of an execution, in which the output is one of integers.
    fn proves_as(&self, trace: &Arc<Trace>, (target, form): (Target, Form), expected: &[i64]) {
        let output = &self.verified(trace, (target, form))[0];
        assert_eq!(output.values, expected);
        assert_eq!(output.element, hallmark_verifier::ElementKind::Integer);
    }

    /// The outputs that a proof of an execution shows.
    fn verified(&self, trace: &Arc<Trace>, (target, form): (Target, Form)) -> Vec<BoundTensor> {
        let circuit = PlannedCircuit::new(&Arc::new(self.graph.clone()), target, form).unwrap();
        let mut compiled = compiled(std::slice::from_ref(&circuit));
        let srs = Srs::development(circuit.k()).unwrap();
        let prover = Prover::new(circuit, compiled.keys.remove(0), srs, Arc::clone(&compiled.key));
        let proved = prover.prove(trace, &ProveOptions::default(), &Silent).unwrap();
        let verified = verify(&compiled.key, &compiled.key.model_id(), &proved.bundle).unwrap();
        let lines = verified.bound();
        for output in &verified.outputs {
            let shown = format!("{}) = [", output.element);
            assert!(lines.iter().any(|line| line.contains(&shown)), "{lines:?}");
        }
        verified.outputs
    }
}

fn compiled(circuits: &[PlannedCircuit]) -> Compiled {
    let description = Description {
        name: "integers",
        bits: 12,
        target: "fast",
    };
    compile(circuits, description, &Srs::development, None, &Silent).unwrap()
}

#[test]
fn ids_are_what_was_sent() {
    let identity = Model::new()
        .input("ids", INT64, &["1", "4"])
        .output("y", INT64)
        .node(Node::new("Identity", &["ids"], &["y"]));
    let case = Case::new(&identity, &[vec![tensor(&[1, 4], &[0., 17., 4999., 2500.])]]);
    // One and a half times what was seen, and as many bits as that takes.
    assert_eq!(case.graph.tensors[0].interval, (0, 8191));
    let sent = [tensor(&[1, 4], &[3632., 4715., 4406., 2556.])];
    case.proves(&sent, &[3632, 4715, 4406, 2556]);
    let trace = Arc::new(case.graph.run(&case.inputs(&sent).unwrap()).unwrap());
    case.proves_as(
        &trace,
        (Target::Fast, Form::PRIVATE_INPUT),
        &[3632, 4715, 4406, 2556],
    );

    let error = case
        .inputs(&[tensor(&[1, 4], &[1., 2., 8192., 3.])])
        .unwrap_err()
        .to_string();
    for words in [
        "`ids` at [0, 2] is 8192",
        "[0, 8191]",
        "calibration data that hold such integers",
    ] {
        assert!(error.contains(words), "{error}");
    }
    let error = case.inputs(&[tensor(&[1, 4], &[1., 2.5, 3., 3.])]).unwrap_err();
    assert!(matches!(&error, ModelError::NotWhole { index, value, .. } if *index == [0, 1] && *value == 2.5));
}

/// A class's code: `factor` times the arg-max, and `offset`.
fn code(classes: u64, weights: &[f32], factor: i64, offset: i64) -> Model {
    let rows = (weights.len() as u64 / classes).to_string();
    Model::new()
        .input("x", FLOAT, &["1", &rows])
        .output("code", INT64)
        .floats("w", &[weights.len() as u64 / classes, classes], weights)
        .integers("k", INT64, &[], &[factor])
        .integers("o", INT64, &[], &[offset])
        .node(Node::new("MatMul", &["x", "w"], &["l"]))
        .node(Node::new("ArgMax", &["l"], &["a"]).attribute(attribute_int("axis", 1)))
        .node(Node::new("Mul", &["a", "k"], &["b"]))
        .node(Node::new("Add", &["b", "o"], &["code"]))
}

#[test]
fn codes_of_classes_are_exact() {
    let mut state = 6u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as f32 / 32768.0 - 1.0
    };
    let weights: Vec<f32> = (0..600).map(|_| random()).collect();
    let samples: Vec<_> = (0..20)
        .map(|_| vec![tensor(&[1, 6], &[(); 6].map(|()| random()))])
        .collect();
    let case = Case::new(&code(100, &weights, 1000, 7), &samples);
    assert_eq!(case.output().interval, (7, 99_007));
    for sample in &samples[..6] {
        let expected = case.float(sample);
        assert_eq!(case.run(sample), expected);
    }
    case.proves(&samples[0], &case.float(&samples[0]));
}

#[test]
fn classes_that_calibration_never_showed_have_their_codes() {
    let mut weights = vec![0.0; 100];
    (0..10).for_each(|i| weights[11 * i] = 1.0);
    let one = |class: usize| {
        let mut x = [0.0; 10];
        x[class] = 1.0;
        vec![tensor(&[1, 10], &x)]
    };
    let case = Case::new(&code(10, &weights, 100, 0), &[0, 1, 2, 3].map(one));
    case.proves(&one(9), &[900]);
    let trace = Arc::new(case.graph.run(&case.inputs(&one(9)).unwrap()).unwrap());
    case.proves_as(&trace, (Target::Evm, Form::PUBLIC), &[900]);
}

#[test]
fn parts_of_integers_are_integers() {
    let model = Model::new()
        .input("ids", INT64, &["1", "5"])
        .output("y", INT64)
        .integers("k", INT64, &[], &[-70_000])
        .node(Node::new("Split", &["ids", "lengths"], &["a", "b"]).attribute(attribute_int("axis", 1)))
        .integers("lengths", INT64, &[2], &[2, 3])
        .node(Node::new("Mul", &["b", "k"], &["c"]))
        .integers("o", INT64, &[3], &[1, 2, 3])
        .node(Node::new("Sub", &["o", "c"], &["d"]))
        .node(Node::new("Concat", &["d", "a"], &["y"]).attribute(attribute_int("axis", 1)));
    let case = Case::new(&model, &[vec![tensor(&[1, 5], &[-9., 3., 300., 0., 5.])]]);
    let splits = case
        .graph
        .nodes
        .iter()
        .filter(|node| matches!(node.op, QOp::Split(_)));
    assert_eq!(splits.map(|node| node.outputs.len()).collect::<Vec<_>>(), [2]);
    case.proves(
        &[tensor(&[1, 5], &[-400., 17., 511., -512., 1.])],
        &[35_770_001, -35_839_998, 70_003, -400, 17],
    );
}

#[test]
fn types_of_up_to_sixteen_bits_are_taken_whole() {
    let identity = |element| {
        Model::new()
            .input("x", element, &["1", "2"])
            .output("y", element)
            .node(Node::new("Identity", &["x"], &["y"]))
    };
    let seen = [vec![tensor(&[1, 2], &[0., 1.])]];
    let case = Case::new(&identity(UINT8), &seen);
    assert_eq!(
        (case.output().kind, case.output().interval),
        (ElementKind::Integer, (0, 255))
    );
    assert_eq!(case.run(&[tensor(&[1, 2], &[255., 3.])]), [255, 3]);
    let case = Case::new(&identity(BOOL), &seen);
    assert_eq!(
        (case.output().kind, case.output().interval),
        (ElementKind::Boolean, (0, 1))
    );
    let error = case
        .inputs(&[tensor(&[1, 2], &[1., 2.])])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("outside the range of booleans") && error.contains("give 0 or 1"),
        "{error}"
    );
    let wide = |values: [f32; 2]| Case::try_new(&identity(INT64), &[vec![tensor(&[1, 2], &values)]]);
    assert_eq!(
        wide([0., 16_777_215.]).unwrap().output().interval,
        (0, (1 << 24) - 1)
    );
    let error = wide([0., 16_777_216.]).err().unwrap().to_string();
    assert!(
        error.contains("`x` at [0, 1] is 16777216") && error.contains("at most 24 bits"),
        "{error}"
    );
    assert!(
        wide([0.5, 1.])
            .err()
            .unwrap()
            .to_string()
            .contains("integers there, which are not rounded")
    );
}

#[test]
fn results_that_their_type_does_not_hold_are_refused() {
    let model = |element| {
        let model = Model::new().input("x", element, &["1", "2"]).output("y", element);
        let model = model.node(Node::new("Mul", &["x", "x"], &["y"]));
        Case::try_new(&model, &[vec![tensor(&[1, 2], &[100_000., 1.])]])
    };
    let case = model(INT64).unwrap();
    case.proves(&[tensor(&[1, 2], &[200_001., 7.])], &[40_000_400_001, 49]);
    let error = model(INT32).err().unwrap().to_string();
    assert!(
        error.contains("of type int32") && error.contains("cast the operands to a wider type"),
        "{error}"
    );
}

/// Arithmetic within a chain that becomes one table is checked like any other.
#[test]
fn results_within_chains_of_functions_are_held_by_their_types_or_refused() {
    let cast = |to: i32| Node::new("Cast", &["x"], &["c"]).attribute(attribute_int("to", to as u64));
    let model = |from: i32, to: i32, shape: &[&str]| {
        let model = Model::new().input("x", from, shape).output("y", to);
        let model = model.node(cast(to)).node(Node::new("Mul", &["c", "c"], &["p"]));
        model.node(Node::new("Relu", &["p"], &["y"]))
    };
    let samples = [vec![tensor(&[1, 2], &[3., 255.])]];
    let case = Case::new(&model(UINT8, INT32, &["1", "2"]), &samples);
    assert!(case.graph.nodes.iter().any(|node| node.op.name() == "Lookup"));
    case.proves(&[tensor(&[1, 2], &[255., 12.])], &[65_025, 144]);
    // 65,535² is 4,294,836,225, which 32 bits hold without a sign only.
    let error = Case::try_new(&model(UINT16, INT32, &["1", "2"]), &samples);
    let error = error.err().unwrap().to_string();
    assert!(
        error.contains("of type int32") && error.contains("would wrap"),
        "{error}"
    );
}

/// Between types of integers a cast changes nothing, or is refused.
#[test]
fn casts_to_types_that_do_not_hold_what_comes_are_refused() {
    let cast = |from: &str, to: i32, into: &str| {
        Node::new("Cast", &[from], &[into]).attribute(attribute_int("to", to as u64))
    };
    let squared = |to: i32| {
        let model = Model::new().input("x", INT64, &["1", "2"]).output("y", to);
        let model = model.node(Node::new("Mul", &["x", "x"], &["p"]));
        model.node(cast("p", to, "y"))
    };
    let refused = |model: &Model, sample: &[f32], name: &str| {
        let error = Case::try_new(model, &[vec![tensor(&[1, 2], sample)]])
            .err()
            .unwrap();
        let error = error.to_string();
        assert!(
            error.contains(&format!("of type {name}")) && error.contains("would wrap"),
            "{error}"
        );
    };
    // 2^20 squared is 0 in 32 bits.
    refused(&squared(INT32), &[1_048_576., 1.], "int32");
    let case = Case::new(&squared(INT32), &[vec![tensor(&[1, 2], &[20_000., 1.])]]);
    case.proves(&[tensor(&[1, 2], &[20_001., 7.])], &[400_040_001, 49]);
    // There and back: −3 is 4,294,967,293 in between.
    let model = Model::new().input("x", INT64, &["1", "2"]).output("y", INT64);
    let there_and_back = model.node(cast("x", UINT32, "u")).node(cast("u", INT64, "y"));
    refused(&there_and_back, &[-3., 5.], "uint32");
    let case = Case::new(&there_and_back, &[vec![tensor(&[1, 2], &[3., 5.])]]);
    case.proves(&[tensor(&[1, 2], &[2., 6.])], &[2, 6]);
}

/// Where integers meet real arithmetic, they are exact until its results are rounded.
#[test]
fn integers_meet_real_arithmetic_exactly() {
    let cast = Node::new("Cast", &["ids"], &["f"]).attribute(attribute_int("to", FLOAT as u64));
    let model = Model::new()
        .input("ids", INT64, &["1", "2"])
        .output("y", FLOAT)
        .floats("w", &[2, 3], &[0.5, -0.25, 0.0, 0.125, 1.0, 1.0])
        .node(cast)
        .node(Node::new("MatMul", &["f", "w"], &["y"]));
    let case = Case::new(&model, &[vec![tensor(&[1, 2], &[60_000., 59_999.])]]);
    assert_eq!(case.graph.tensors[0].kind, ElementKind::Integer);
    let ElementKind::Real { scale_bits } = case.output().kind else {
        panic!("{}", case.output().kind);
    };
    // With ids of 12 bits, the difference of 3 would be lost in both.
    let sample = [tensor(&[1, 2], &[30_003., 30_000.])];
    let y = case.run(&sample);
    let step = 2f64.powi(-scale_bits);
    for (got, expected) in y.iter().zip([18_751.5, 22_499.25, 30_000.0]) {
        assert!(
            (*got as f64 * step - expected).abs() <= step / 2.0,
            "{got} {expected} {step}"
        );
    }
}

#[test]
fn integers_beside_reals_are_reals() {
    let cast =
        |from: &str, to: &str| Node::new("Cast", &[from], &[to]).attribute(attribute_int("to", FLOAT as u64));
    let model = Model::new()
        .input("ids", UINT8, &["1", "2"])
        .input("x", FLOAT, &["1", "2"])
        .output("y", FLOAT)
        .node(cast("ids", "f"))
        .node(Node::new("Concat", &["f", "x"], &["y"]).attribute(attribute_int("axis", 1)));
    let case = Case::new(
        &model,
        &[vec![tensor(&[1, 2], &[3., 4.]), tensor(&[1, 2], &[0.5, 0.25])]],
    );
    let trace = case.graph.run(
        &case
            .inputs(&[tensor(&[1, 2], &[255., 1.]), tensor(&[1, 2], &[0.125, -0.5])])
            .unwrap(),
    );
    let id = case.graph.outputs[0];
    let values = case.graph.dequantize(id, &trace.unwrap().tensors[id.0]);
    assert_eq!(
        values.iter().copied().collect::<Vec<_>>(),
        [255., 1., 0.125, -0.5]
    );
}

/// A table of a wide integer reads it rounded like any activation, unless the results are integers too.
#[test]
fn tables_of_wide_integers_are_rounded_or_refused() {
    let data = [vec![tensor(&[1, 2], &[100_000., -100_000.])]];
    let cast = Node::new("Cast", &["ids"], &["f"]).attribute(attribute_int("to", FLOAT as u64));
    let model = Model::new()
        .input("ids", INT64, &["1", "2"])
        .output("y", FLOAT)
        .node(cast)
        .node(Node::new("Relu", &["f"], &["y"]));
    let case = Case::new(&model, &data);
    let names: Vec<&str> = case.graph.nodes.iter().map(|node| node.op.name()).collect();
    assert_eq!(names, ["Requantize", "Lookup"]);
    let model = Model::new()
        .input("ids", INT64, &["1", "2"])
        .output("y", INT64)
        .node(Node::new("Relu", &["ids"], &["y"]));
    let error = Case::try_new(&model, &data).err().unwrap().to_string();
    assert!(error.contains("tables of at most 2^16 values"), "{error}");
    let small = Case::new(&model, &[vec![tensor(&[1, 2], &[300., -9.])]]);
    small.proves(&[tensor(&[1, 2], &[-7., 450.])], &[0, 450]);
}

#[test]
fn movements_and_maxima_keep_integers() {
    let model = Model::new()
        .input("x", INT64, &["1", "1", "4", "4"])
        .output("y", INT64)
        .node(Node::new("Transpose", &["x"], &["t"]).attribute(attribute_ints("perm", &[0, 1, 3, 2])))
        .node(
            Node::new("MaxPool", &["t"], &["y"])
                .attribute(attribute_ints("kernel_shape", &[2, 2]))
                .attribute(attribute_ints("strides", &[2, 2])),
        );
    let values: Vec<f32> = (0..16).map(|i| (i * 30_011 % 50_000) as f32).collect();
    let sample = vec![tensor(&[1, 1, 4, 4], &values)];
    let case = Case::new(&model, std::slice::from_ref(&sample));
    let expected = case.float(&sample);
    case.proves(&sample, &expected);
}

/// A file's own scale and zero point: converted exactly, carried by everything that only moves or compares elements, and shown.
#[test]
fn quantised_tensors_keep_scale_and_zero_point() {
    let kind = ElementKind::Quantized {
        scale: 0.1f32.try_into().unwrap(),
        zero_point: 128,
    };
    let mut graph = QuantizedGraph::default();
    let mut tensor = |name: &str, shape: &[usize], kind, interval| {
        graph.tensors.push(QTensor {
            name: name.into(),
            shape: shape.to_vec(),
            kind,
            interval,
        });
        TensorId(graph.tensors.len() - 1)
    };
    let x = tensor("x", &[1, 1, 2, 4], kind, (0, 255));
    let pooled = tensor("pooled", &[1, 1, 1, 2], kind, (0, 255));
    let flat = tensor("flat", &[1, 2], kind, (0, 255));
    let all = tensor("all", &[1, 8], kind, (0, 255));
    let y = tensor("y", &[1, 10], kind, (0, 255));
    let greatest = tensor("greatest", &[1], ElementKind::Integer, (0, 9));
    let real = tensor("real", &[1, 10], ElementKind::real(4), (-205, 203));
    let window = window([2, 2], [2, 2], [[0; 2]; 2]);
    let table = (0..256)
        .map(|q| ((q - 128) as f64 * 1.6 + 0.5).floor() as i64)
        .collect();
    let lookup = QOp::Lookup(Lookup {
        function: "dequantise".into(),
        table,
    });
    let arg_max = QOp::ArgMax(ArgMax {
        axis: 1,
        select_last: false,
    });
    let mut node = |op, inputs: &[TensorId], output| {
        graph.nodes.push(QNode {
            name: format!("n{}", graph.nodes.len()),
            op,
            inputs: inputs.to_vec(),
            outputs: vec![output],
        });
    };
    node(QOp::MaxPool(MaxPool { window }), &[x], pooled);
    node(QOp::Reshape, &[pooled], flat);
    node(QOp::Reshape, &[x], all);
    node(QOp::Concat(Concat { axis: 1 }), &[flat, all], y);
    node(arg_max, &[y], greatest);
    node(lookup, &[y], real);
    graph.inputs = vec![x];
    graph.outputs = vec![y, greatest, real];
    let derived = graph.nodes[5]
        .op
        .interval(&[&graph.tensors[y.0]])
        .unwrap()
        .unwrap();
    graph.tensors[real.0].interval = derived;
    graph.validate().unwrap();

    let values = [0.0, 0.05, -12.8, 12.7, 3.13, -0.05, 1.0, 0.349];
    let inputs = graph.quantize_input(0, &tensor_of(&values)).unwrap();
    let integers = [128, 129, 0, 255, 159, 128, 138, 131];
    assert_eq!(inputs.iter().copied().collect::<Vec<_>>(), integers);
    let error = graph
        .quantize_input(0, &tensor_of(&[12.76; 8]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`x` at [0, 0, 0, 0] is 12.76") && error.contains("scale and zero point"),
        "{error}"
    );
    let trace = Arc::new(graph.run(&[inputs]).unwrap());
    let joined = [&[159, 255][..], &integers].concat();
    assert_eq!(
        trace
            .outputs(&graph)
            .next()
            .unwrap()
            .iter()
            .copied()
            .collect::<Vec<_>>(),
        joined
    );

    let case = Case {
        float: Graph::default(),
        graph,
    };
    case.is_mocked(&trace);
    let outputs = case.verified(&trace, (Target::Fast, Form::PUBLIC));
    assert_eq!(outputs[0].values, joined);
    let element = outputs[0].element;
    let quantised = element.scale().zip(element.zero_point());
    assert_eq!(quantised, Some((0.1, 128)));
    assert!((outputs[0].real_values()[0] - 3.1).abs() < 1e-6);
    assert_eq!(
        (&outputs[1].values, outputs[1].element.name()),
        (&vec![1], "integer")
    );
    assert_eq!((outputs[2].values[1], outputs[2].element.name()), (203, "real"));
    // Contracts know powers of two as scales only.
    let circuit = PlannedCircuit::new(&Arc::new(case.graph.clone()), Target::Evm, Form::PUBLIC).unwrap();
    let key = compiled(std::slice::from_ref(&circuit)).key;
    let error = hallmark_evm::EvmKey::new(&key, Form::PUBLIC)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("a tensor of 0.1 · (integers − 128)"), "{error}");
}

fn tensor_of(values: &[f32]) -> FloatTensor {
    tensor(&[1, 1, 2, 4], values)
}

/// `ids` choose rows of `table`, which has three columns.
fn rows_of(table: &[i64], axis: u64) -> Model {
    let (rows, columns) = (table.len() as u64 / 3, 3);
    let shape = if axis == 0 {
        [rows, columns]
    } else {
        [columns, rows]
    };
    Model::new()
        .input("ids", INT64, &["1", "4"])
        .output("y", INT64)
        .integers("table", INT64, &shape, table)
        .node(Node::new("Gather", &["table", "ids"], &["y"]).attribute(attribute_int("axis", axis)))
}

#[test]
fn indices_choose_rows_of_a_table_and_nothing_else() {
    let table: Vec<i64> = (0..15).map(|v| v * v - 20).collect();
    let seen = [vec![tensor(&[1, 4], &[0., 4., 1., 2.])]];
    let case = Case::new(&rows_of(&table, 0), &seen);
    let sent = [tensor(&[1, 4], &[4., 0., 3., 3.])];
    let expected: Vec<i64> = [4, 0, 3, 3]
        .iter()
        .flat_map(|&row| table[row * 3..][..3].to_vec())
        .collect();
    case.proves(&sent, &expected);
    let trace = Arc::new(case.graph.run(&case.inputs(&sent).unwrap()).unwrap());
    case.proves_as(&trace, (Target::Evm, Form::PUBLIC), &expected);
    case.proves_as(&trace, (Target::Fast, Form::PRIVATE_INPUT), &expected);

    // The input's interval goes to 7, beyond the table's last row.
    assert_eq!(case.graph.tensors[case.graph.inputs[0].0].interval, (0, 7));
    for (outside, at) in [(5., 1), (7., 3)] {
        let mut ids = [4., 0., 3., 3.];
        ids[at] = outside;
        let inputs = case.inputs(&[tensor(&[1, 4], &ids)]).unwrap();
        let error = case.graph.run(&inputs).unwrap_err();
        assert!(
            matches!(&error, ModelError::OutOfRange { index, value, .. } if *index == [0, at] && *value == outside as i64),
            "{error}"
        );
    }
    // Along another axis, and from the end.
    let seen = [vec![tensor(&[1, 4], &[-5., 4., 1., -1.])]];
    let case = Case::new(&rows_of(&table, 1), &seen);
    let ids = [-5_i64, 4, -1, 2];
    let expected: Vec<i64> = (0..3)
        .flat_map(|column| ids.map(|id| table[column * 5 + id.rem_euclid(5) as usize]))
        .collect();
    case.proves(&[tensor(&[1, 4], &ids.map(|id| id as f32))], &expected);
    let inputs = case.inputs(&[tensor(&[1, 4], &[-6., 0., 0., 0.])]).unwrap();
    assert!(matches!(
        case.graph.run(&inputs),
        Err(ModelError::OutOfRange { value: -6, .. })
    ));
}

#[test]
fn a_table_that_is_too_large_is_refused_by_name() {
    let model = Model::new()
        .input("ids", INT64, &["1", "4"])
        .output("y", FLOAT)
        .floats("table", &[3000, 400], &vec![0.5; 3000 * 400])
        .node(Node::new("Gather", &["table", "ids"], &["y"]));
    let error = Case::try_new(&model, &[vec![tensor(&[1, 4], &[0., 2999., 1., 2.])]])
        .err()
        .unwrap();
    let words = error.to_string();
    for part in [
        "`y` (Embedding)",
        "3000 rows and 400 columns",
        "choose the rows outside of the model",
    ] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn moved_and_summed_integers_stay_exact() {
    let nodes = [
        Node::new("Tile", &["ids", "twice"], &["a"]),
        Node::new("CumSum", &["a", "axis"], &["b"]),
        Node::new("Gather", &["b", "order"], &["c"]).attribute(attribute_int("axis", 1)),
        Node::new("Trilu", &["c"], &["y"]),
    ];
    let model = Model::new()
        .input("ids", INT64, &["1", "4"])
        .output("y", INT64)
        .integers("twice", INT64, &[2], &[2, 1])
        .integers("axis", INT64, &[], &[1])
        .integers("order", INT64, &[5], &[3, 3, 0, 2, 1]);
    let model = nodes.into_iter().fold(model, Model::node);
    let case = Case::new(&model, &[vec![tensor(&[1, 4], &[0., 60_000., 1., 3.])]]);
    let sent = [tensor(&[1, 4], &[65_537., 3., 70_001., 1.])];
    let sums = [65_537, 65_540, 135_541, 135_542];
    let row = [3, 3, 0, 2, 1].map(|place| sums[place]);
    let mut expected = row.to_vec();
    expected.extend(row);
    expected[5] = 0;
    case.proves(&sent, &expected);
}

#[test]
fn ones_at_places_and_rows_of_a_computed_table() {
    let one_hot = Model::new()
        .input("ids", INT64, &["1", "4"])
        .output("y", INT64)
        .integers("depth", INT64, &[], &[3])
        .integers("values", INT64, &[2], &[7, -2])
        .node(Node::new("OneHot", &["ids", "depth", "values"], &["y"]));
    let case = Case::new(&one_hot, &[vec![tensor(&[1, 4], &[0., 3., -4., 2.])]]);
    // What is no place of three has a row without a one.
    let expected = [-2, 7, 7, 7, 7, -2, 7, 7, 7, 7, 7, 7];
    case.proves(&[tensor(&[1, 4], &[0., -1., 3., -4.])], &expected);

    let computed = Model::new()
        .input("x", INT64, &["3", "2"])
        .input("ids", INT64, &["4"])
        .output("y", INT64)
        .node(Node::new("Gather", &["x", "ids"], &["y"]));
    let sample = |ids: &[f32]| vec![tensor(&[3, 2], &[1., 2., 3., 4., 5., 6.]), tensor(&[4], ids)];
    let case = Case::new(&computed, &[sample(&[0., 2., 1., 1.])]);
    case.proves(&sample(&[2., 0., 0., 1.]), &[5, 6, 1, 2, 1, 2, 3, 4]);
    let inputs = case.inputs(&sample(&[2., 0., 0., 3.])).unwrap();
    assert!(matches!(
        case.graph.run(&inputs),
        Err(ModelError::OutOfRange { value: 3, .. })
    ));
}
