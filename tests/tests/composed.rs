//! Operators that are composed of others, from the file to proofs: models of `reference/data`, which `onnx_reference.rs` compares with
//! onnxruntime.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::Target;
use hallmark_circuits::internals::builder::Widths;
use hallmark_circuits::internals::lowering::lanes;
use hallmark_import::input::{InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use hallmark_model::{
    FloatTensor, Graph, IntTensor, ModelError, QOp, QuantizeOptions, QuantizedGraph, TensorId, Trace,
    ValueId, quantize,
};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_tests::checks::mock_prover::mock;
use hallmark_tests::setting::Setting;
use hallmark_tests::suite::{self, NARROW};
use hallmark_verifier::{Form, verify};
use std::path::Path;
use std::sync::Arc;

/// Models of one new operator each, or of few.
const MODELS: &[&str] = &[
    // Functions, their arguments cut once, twice, or not at all.
    "acosh",
    "asin",
    "atanh",
    "cast_boolean",
    "exp",
    "log",
    "not",
    "reciprocal_negative",
    "reciprocal_signs",
    "round",
    "sign_integers",
    "silu_spelled",
    "sqrt",
    "pow_three",
    "pow_variables",
    // Choices between tensors, and reductions.
    "max_two",
    "min_broadcast",
    "max_integers",
    "min_bytes",
    "max_three",
    "min_scales",
    "mean",
    "clip_computed",
    "prelu_computed",
    "argmin",
    "reducesum_input",
    "reducemax_attribute",
    "reducemin_bytes",
    "reducemin_planes",
    "reducel1_all",
    "reducesumsquare_planes",
    "reduceprod_odd",
    "reducelogsum_all",
    // Comparisons, logic, and what they choose.
    "equal_two",
    "less_broadcast",
    "greater_number",
    "lessorequal_between",
    "greaterorequal_integers",
    "equal_far",
    "less_far",
    "greater_far",
    "lessorequal_far",
    "greaterorequal_far",
    "equal_at_the_end",
    "log_reduced",
    "greater_scales",
    "step_spelled",
    "and",
    "or",
    "xor",
    "within",
    "where_all",
    "where_broadcast",
    "where_constant",
    "where_constants",
    "where_mask",
    "where_mask_constant",
    "where_bytes",
    "where_integer_constants",
    "where_positive",
    "hardmax_axis",
    // Normalisations, as operators and written out.
    "layer_norm",
    "layer_norm_wide",
    "layer_norm_linear",
    "layer_norm_rms",
    "layer_norm_skip",
    "instance_norm",
    "group_norm",
    "lp_norm",
    "mean_variance_norm_axes",
    "lrn",
    "lp_pool",
    "global_lp_pool_magnitudes",
    "reducel2",
    "written_norm_linear",
    "written_norm_channels",
];

/// A model with its integer form and its samples.
struct Model {
    float: Graph,
    graph: Arc<QuantizedGraph>,
    /// By tensor of the graph, the value that it stands for.
    sources: Vec<Option<ValueId>>,
    samples: Vec<Vec<FloatTensor>>,
}

impl Model {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("reference/data/{name}.onnx"));
        let float = import(&std::fs::read(&path).unwrap(), &ImportOptions::default()).unwrap();
        let vectors = std::fs::read(path.with_extension("npz")).unwrap();
        let samples = parse(&vectors, &InputSpec::of_graph(&float), &InputLimits::default()).unwrap();
        let quantized = quantize(&float, &samples, &QuantizeOptions::default()).unwrap();
        Self {
            float,
            graph: Arc::new(quantized.graph),
            sources: quantized.sources,
            samples,
        }
    }

    fn run(&self, sample: &[FloatTensor]) -> Result<Arc<Trace>, ModelError> {
        let inputs = sample.iter().enumerate();
        let inputs: Result<Vec<IntTensor>, _> = inputs
            .map(|(index, x)| self.graph.quantize_input(index, x))
            .collect();
        self.graph.run(&inputs?).map(Arc::new)
    }

    /// The outcome for samples all of whose elements are one number.
    fn of(&self, number: f32) -> Result<Vec<f32>, ModelError> {
        let filled = |x: &FloatTensor| FloatTensor::from_elem(x.shape(), number);
        let trace = self.run(&self.samples[0].iter().map(filled).collect::<Vec<_>>())?;
        let output = self.graph.outputs[0];
        let values = self.graph.dequantize(output, &trace.tensors[output.0]);
        Ok(values.iter().copied().collect())
    }

    /// MockProver accepts the execution, laid out narrowly.
    fn is_mocked(&self, trace: &Arc<Trace>) -> bool {
        let lanes = lanes(&self.graph, NARROW.limb_bits).next_multiple_of(4);
        let setting = Setting::new(&suite::Case {
            name: "composed",
            graph: Arc::clone(&self.graph),
            trace: Arc::clone(trace),
            widths: Widths {
                single: NARROW.single.max(lanes),
                ..NARROW
            },
        });
        let witness = setting.witness();
        let instances = witness.instances().to_vec();
        mock(&setting, witness, instances)
    }

    /// A proof of an execution is accepted and shows the interpreter's outputs.
    fn is_proven(&self, trace: &Arc<Trace>, target: Target) {
        let circuit = PlannedCircuit::new(&self.graph, target, Form::PUBLIC).unwrap();
        let description = Description {
            name: "composed",
            bits: 12,
            target: "any",
        };
        let circuits = std::slice::from_ref(&circuit);
        let mut compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
        let srs = Srs::development(circuit.k()).unwrap();
        let prover = Prover::new(circuit, compiled.keys.remove(0), srs, Arc::clone(&compiled.key));
        let proved = prover.prove(trace, &ProveOptions::default(), &Silent).unwrap();
        let verified = verify(&compiled.key, &compiled.key.model_id(), &proved.bundle).unwrap();
        let shown: Vec<Vec<i64>> = verified.outputs.into_iter().map(|output| output.values).collect();
        let expected: Vec<Vec<i64>> = trace
            .outputs(&self.graph)
            .map(|output| output.iter().copied().collect())
            .collect();
        assert_eq!(shown, expected);
    }
}

#[test]
fn the_mock_prover_accepts_every_composition() {
    for name in MODELS {
        let model = Model::new(name);
        let trace = model.run(&model.samples[0]).unwrap();
        assert!(model.is_mocked(&trace), "{name}");
    }
}

fn proves(names: &[&str], target: Target) {
    for name in names {
        let model = Model::new(name);
        model.is_proven(&model.run(&model.samples[0]).unwrap(), target);
    }
}

#[test]
fn functions_are_proven_where_they_are_defined() {
    proves(&["atanh", "log", "not", "round"], Target::Fast);
    proves(&["sqrt"], Target::Evm);
}

#[test]
fn choices_and_reductions_are_proven() {
    proves(
        &[
            "max_two",
            "min_bytes",
            "argmin",
            "reducemin_bytes",
            "reducesumsquare_planes",
        ],
        Target::Fast,
    );
    proves(&["min_broadcast"], Target::Evm);
}

#[test]
fn comparisons_are_proven() {
    proves(
        &[
            "less_broadcast",
            "equal_far",
            "greater_far",
            "xor",
            "where_all",
            "where_mask_constant",
            "hardmax_axis",
        ],
        Target::Fast,
    );
    proves(&["where_bytes", "lessorequal_far"], Target::Evm);
}

/// Comparisons are exact for what the tensors stand for, also of operands with different scales and of constants between two steps.
#[test]
fn comparisons_are_those_of_the_rounded_numbers() {
    for (name, holds) in [
        ("greater_scales", (|a, b| a > b) as fn(f32, f32) -> bool),
        ("less_two", |a, b| a < b),
        ("equal_two", |a, b| a == b),
        ("greaterorequal_broadcast", |a, b| a >= b),
    ] {
        let model = Model::new(name);
        let compared = &model.float.nodes.last().unwrap().inputs;
        for sample in &model.samples {
            let trace = model.run(sample).unwrap();
            let operand = |id: ValueId| {
                let found = model
                    .sources
                    .iter()
                    .rposition(|source| *source == Some(id))
                    .unwrap();
                model.graph.dequantize(TensorId(found), &trace.tensors[found])
            };
            let output = &trace.tensors[model.graph.outputs[0].0];
            let (a, b) = (operand(compared[0]), operand(compared[1]));
            let (a, b) = (
                a.broadcast(output.shape()).unwrap(),
                b.broadcast(output.shape()).unwrap(),
            );
            for ((&a, &b), &found) in a.iter().zip(b.iter()).zip(output) {
                assert_eq!(found == 1, holds(a, b), "{name}: {a}, {b}");
            }
        }
    }
}

/// Comparisons of far numbers are right at both ends of what the operands can be.
#[test]
fn comparisons_hold_at_the_ends_of_intervals() {
    for (name, holds) in [
        ("equal_at_the_end", (|a, b| a == b) as fn(f32, f32) -> bool),
        ("lessorequal_at_the_end", |a, b| a <= b),
        ("greater_at_the_end", |a, b| a > b),
    ] {
        let model = Model::new(name);
        for x in [-128.0, -1.0, 0.0, 127.0] {
            let values = model.of(x).unwrap();
            let expected = f32::from(u8::from(holds(x, 0.0)));
            assert!(
                values.iter().all(|value| *value == expected),
                "{name}({x}): {values:?}"
            );
        }
    }
}

/// A pool proves no lower bound of elements that are no maximum: what is cut to a domain goes through its table first.
#[test]
fn tables_of_a_domain_come_before_pools() {
    let model = Model::new("log_reduced");
    let place = |is: fn(&QOp) -> bool| model.graph.nodes.iter().position(|node| is(&node.op)).unwrap();
    let table = place(|op| matches!(op, QOp::Lookup(_)));
    assert!(table < place(|op| matches!(op, QOp::MaxPool(_))));
}

/// A root of a mean that is clamped is another function, wherever the clamp begins.
#[test]
fn clamped_normalizations_are_not_recognized() {
    let model = Model::new("written_norm_clamped");
    assert!(!model.graph.nodes.iter().any(|node| matches!(node.op, QOp::Isqrt)));
}

/// Around the pole of a reciprocal of both signs there are no values, and none that are larger than the head-room allows.
#[test]
fn values_around_a_pole_are_refused() {
    let model = Model::new("reciprocal_signs");
    let [table, cut] = &model.graph.nodes[model.graph.nodes.len() - 2..] else {
        panic!("no cut")
    };
    assert_eq!((table.op.label(), cut.op.name()), ("Reciprocal", "Requantize"));
    let values = model.of(1.25).unwrap();
    assert!(values.iter().all(|y| (y.abs() - 0.8).abs() < 2e-3), "{values:?}");
    assert!(values[0] > 0.0 && values[1] < 0.0);
    for near in [0.0, 0.5] {
        match model.of(near) {
            Err(ModelError::OutOfRange { tensor, .. }) => assert_eq!(tensor, "y"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn normalizations_are_proven() {
    proves(&["layer_norm_linear", "layer_norm_wide", "lp_norm"], Target::Fast);
    proves(&["written_norm_linear"], Target::Evm);
}

/// However a normalisation is written out, it is one root for each row, and no table or division is left.
#[test]
fn normalizations_are_recognized() {
    let names = [
        "sqrt",
        "mul",
        "reciprocal",
        "one_over",
        "pow",
        "unsqueezed",
        "rms",
        "rms_pow",
        "jax",
        "length",
        "expanded",
        "channels",
        "image",
        "linear",
    ];
    for name in names {
        let model = Model::new(&format!("written_norm_{name}"));
        let count = |is: fn(&QOp) -> bool| model.graph.nodes.iter().filter(|node| is(&node.op)).count();
        let roots = count(|op| matches!(op, QOp::Isqrt));
        let quotients = count(|op| matches!(op, QOp::FloorDiv));
        assert_eq!((roots, quotients), (1, 1), "{name}");
        assert_eq!(count(|op| matches!(op, QOp::Lookup(_))), 0, "{name}");
    }
}

/// Scale and bias behind a normalisation are part of the product that reads it.
#[test]
fn scales_behind_normalizations_go_into_products() {
    for name in ["layer_norm_linear", "written_norm_linear"] {
        let model = Model::new(name);
        let last: Vec<&str> = model
            .graph
            .nodes
            .iter()
            .rev()
            .take(4)
            .map(|node| node.op.name())
            .collect();
        assert_eq!(last, ["Requantize", "Linear", "Requantize", "Mul"], "{name}");
    }
}

/// What is chosen is one of the operands, and not rounded again where the operands have one scale.
#[test]
fn extrema_are_one_of_the_operands() {
    for (name, choose) in [
        ("max_two", f32::max as fn(f32, f32) -> f32),
        ("min_two", f32::min),
    ] {
        let model = Model::new(name);
        for sample in &model.samples {
            let trace = model.run(sample).unwrap();
            let values = |id: TensorId| model.graph.dequantize(id, &trace.tensors[id.0]);
            let (a, b) = (values(model.graph.inputs[0]), values(model.graph.inputs[1]));
            let expected: Vec<f32> = a.iter().zip(&b).map(|(&a, &b)| choose(a, b)).collect();
            assert_eq!(
                values(model.graph.outputs[0]).into_raw_vec_and_offset().0,
                expected,
                "{name}"
            );
        }
    }
}

/// Outside its domain a function has no wrong value, but none.
#[test]
fn arguments_outside_a_domain_are_refused() {
    for (name, outside) in [
        ("log", &[0.0, -1.0][..]),
        ("sqrt", &[-0.01]),
        ("atanh", &[1.0, -1.0]),
        ("acosh", &[0.99]),
        ("asin", &[1.01, -1.01]),
        ("reciprocal_negative", &[0.0, 0.5, -0.1]),
        ("exp", &[1.49]),
        ("sqrt_reciprocal", &[0.0, -0.5]),
    ] {
        let model = Model::new(name);
        for &x in outside {
            match model.of(x) {
                Err(ModelError::OutOfRange { tensor, .. }) => {
                    assert!(tensor.starts_with("y.argument"), "{name}({x}): {tensor}");
                }
                other => panic!("{name}({x}) gives {other:?}"),
            }
        }
    }
}

#[test]
fn functions_have_their_values_at_the_ends_of_domains() {
    for (name, x, expected) in [
        ("sqrt", 0.0, 0.0),
        ("asin", -1.0, -std::f32::consts::FRAC_PI_2),
        ("acos", 1.0, 0.0),
        ("acosh", 1.0, 0.0),
        ("round", 2.5, 2.0),
        ("round", -3.5, -4.0),
        ("round", -0.5, 0.0),
        ("floor", -0.25, -1.0),
        ("ceil", -0.25, 0.0),
        ("sign", -0.25, -1.0),
        ("sign", 0.0, 0.0),
    ] {
        let values = Model::new(name).of(x).unwrap();
        assert!(
            values.iter().all(|value| (value - expected).abs() < 1e-3),
            "{name}({x}) is {values:?}"
        );
    }
}

/// A maximum with a number would hide that a logarithm has no value.
#[test]
fn functions_of_what_is_no_number_are_none() {
    let model = Model::new("log_clipped");
    assert!(matches!(model.of(-0.5), Err(ModelError::OutOfRange { .. })));
    let clipped = model.of(0.125).unwrap();
    assert!(clipped.iter().all(|&value| value == -1.0), "{clipped:?}");
    assert!(model.float.nodes.len() == 2);
}
