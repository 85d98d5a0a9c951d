//! The importer and the float operators against onnxruntime: every model of `reference/data` (see
//! `reference/make.py`), and the digits examples on real images.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failing helper fails its test"
)]

use hallmark_import::input::{InputKind, InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use hallmark_model::{FloatTensor, Graph, ModelError, QuantizeOptions, QuantizedGraph, quantize};
use std::path::{Path, PathBuf};

/// Greatest difference between float results, relative to the greatest magnitude of the tensor (at least 1).
const FLOAT_TOLERANCE: f32 = 1e-4;
/// Greatest difference of integer results, relative to the greatest magnitude of the output over all samples, at 12
/// bits with a head-room of 1.5: 2^-8. Most are below 2^-10.
const INTEGER_TOLERANCE: f32 = 1.0 / 256.0;
/// The same for the digits models, relative to the greatest magnitude of one sample's logits.
const DIGITS_TOLERANCE: f32 = 1.0 / 128.0;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A model with inputs and onnxruntime's outputs, one element per sample.
struct Case {
    name: String,
    graph: Graph,
    inputs: Vec<Vec<FloatTensor>>,
    outputs: Vec<Vec<FloatTensor>>,
}

fn output_specs(graph: &Graph) -> Vec<InputSpec> {
    let values = graph.outputs.iter().map(|id| &graph.values[id.0]);
    values
        .map(|value| InputSpec {
            name: value.name.clone(),
            shape: value.shape.clone(),
            kind: InputKind::Real,
        })
        .collect()
}

fn cases() -> Vec<Case> {
    let folder = folder("reference/data");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "onnx"));
    files.sort();
    files.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let graph =
        import(&read(path), &ImportOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let vectors = read(&path.with_extension("npz"));
    let limits = InputLimits::default();
    let fail = |error| panic!("{name}: {error}");
    let inputs = parse(&vectors, &InputSpec::of_graph(&graph), &limits).unwrap_or_else(fail);
    let outputs = parse(&vectors, &output_specs(&graph), &limits).unwrap_or_else(fail);
    Case {
        name,
        graph,
        inputs,
        outputs,
    }
}

/// Greatest absolute difference, and the greatest magnitude of the expected values.
fn difference(got: &FloatTensor, expected: &FloatTensor) -> (f32, f32) {
    assert_eq!(got.shape(), expected.shape());
    let pairs = got.iter().zip(expected);
    let worst = pairs
        .map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() })
        .fold(0.0, |m: f32, d| if d.is_nan() { f32::INFINITY } else { m.max(d) });
    (worst, expected.iter().fold(0.0, |m, v| m.max(v.abs())))
}

#[test]
fn float_graphs_match_onnxruntime() {
    let cases = cases();
    assert!(
        cases.len() >= 150,
        "only {} cases: run reference/make.py",
        cases.len()
    );
    let mut wrong = Vec::new();
    for case in &cases {
        case.graph
            .validate()
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        for (sample, (inputs, expected)) in case.inputs.iter().zip(&case.outputs).enumerate() {
            let values = case
                .graph
                .run(inputs)
                .unwrap_or_else(|error| panic!("{}: {error}", case.name));
            for (id, expected) in case.graph.outputs.iter().zip(expected) {
                let (worst, magnitude) = difference(&values[id.0], expected);
                if worst > FLOAT_TOLERANCE * magnitude.max(1.0) {
                    wrong.push(format!("{} sample {sample}: differs by {worst}", case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The models must really be folded: a shape computation leaves nothing behind, a dead node neither.
#[test]
fn shape_computations_leave_no_nodes() {
    let nodes = |name: &str| {
        let case = case(&folder("reference/data").join(format!("{name}.onnx")));
        case.graph
            .nodes
            .iter()
            .map(|node| node.op.name())
            .collect::<Vec<_>>()
    };
    assert_eq!(nodes("shape_reshape"), ["Reshape"]);
    assert_eq!(nodes("shape_slice_product"), ["Reshape"]);
    assert_eq!(nodes("constants_fold"), ["MatMul"]);
    assert_eq!(nodes("dead_nodes"), [nodes("relu")[0]]);
    assert_eq!(nodes("gemm").len(), 1);
    assert_eq!(nodes("gemm_transposed"), ["Transpose", "MatMul"]);
    assert_eq!(nodes("einsum_plain"), ["MatMul"]);
}

/// Runs the integer graph on every sample: the outputs' real values.
fn integer_outputs(case: &Case, quantized: &QuantizedGraph) -> Vec<Vec<FloatTensor>> {
    let run = |inputs: &Vec<FloatTensor>| -> Result<Vec<FloatTensor>, ModelError> {
        let integers = inputs
            .iter()
            .enumerate()
            .map(|(index, input)| quantized.quantize_input(index, input));
        let trace = quantized.run(&integers.collect::<Result<Vec<_>, _>>()?)?;
        let outputs = quantized.outputs.iter().zip(trace.outputs(quantized));
        Ok(outputs
            .map(|(&id, tensor)| quantized.dequantize(id, tensor))
            .collect())
    };
    let fail = |error| panic!("{}: {error}", case.name);
    case.inputs
        .iter()
        .map(|inputs| run(inputs).unwrap_or_else(fail))
        .collect()
}

/// Checks the outputs of the integer graph against onnxruntime's, on the samples that calibrated it.
fn check_integers(case: &Case, wrong: &mut Vec<String>) {
    let fail = |error| panic!("{}: {error}", case.name);
    let quantized = quantize(&case.graph, &case.inputs, &QuantizeOptions::default()).unwrap_or_else(fail);
    let got = integer_outputs(case, &quantized.graph);
    for output in 0..case.graph.outputs.len() {
        let pairs = got
            .iter()
            .zip(&case.outputs)
            .map(|(got, expected)| difference(&got[output], &expected[output]));
        let (worst, magnitude) = pairs.fold((0.0_f32, 0.0_f32), |m, d| (m.0.max(d.0), m.1.max(d.1)));
        if worst > INTEGER_TOLERANCE * magnitude {
            wrong.push(format!(
                "{} output {output}: differs by {worst} of {magnitude}",
                case.name
            ));
        }
    }
}

#[test]
fn integer_graphs_are_close_to_onnxruntime() {
    let mut wrong = Vec::new();
    cases().iter().for_each(|case| check_integers(case, &mut wrong));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A digits model with samples from a file of the example.
fn digits(model: &str, file: &str) -> (Graph, Vec<Vec<FloatTensor>>) {
    let examples = folder("../examples/digits");
    let graph = import(
        &read(&examples.join(format!("{model}.onnx"))),
        &ImportOptions::default(),
    )
    .unwrap();
    let samples = parse(
        &read(&examples.join(file)),
        &InputSpec::of_graph(&graph),
        &InputLimits::default(),
    )
    .unwrap();
    (graph, samples)
}

#[test]
fn digits_match_onnxruntime() {
    for model in ["cnn", "mlp"] {
        let (graph, calibration) = digits(model, "calibration.npz");
        let vectors = read(&folder("reference/data").join(format!("digits_{model}.npz")));
        let limits = InputLimits::default();
        let inputs = parse(&vectors, &InputSpec::of_graph(&graph), &limits).unwrap();
        let outputs = parse(&vectors, &output_specs(&graph), &limits).unwrap();
        assert_eq!(inputs.len(), 50);
        let quantized = quantize(&graph, &calibration, &QuantizeOptions::default()).unwrap();
        let case = Case {
            name: model.to_owned(),
            graph,
            inputs,
            outputs,
        };
        let integers = integer_outputs(&case, &quantized.graph);
        for ((inputs, expected), integer) in case.inputs.iter().zip(&case.outputs).zip(&integers) {
            let values = case.graph.run(inputs).unwrap();
            let (worst, magnitude) = difference(&values[case.graph.outputs[0].0], &expected[0]);
            assert!(
                worst <= FLOAT_TOLERANCE * magnitude,
                "{model}: floats differ by {worst} of {magnitude}"
            );
            let (worst, magnitude) = difference(&integer[0], &expected[0]);
            assert!(
                worst <= DIGITS_TOLERANCE * magnitude,
                "{model}: integers differ by {worst} of {magnitude}"
            );
        }
    }
}

fn arg_max(logits: &FloatTensor) -> usize {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(index, _)| index)
}

/// The quantised models classify the whole test set as the float models do.
#[test]
fn digits_keep_their_accuracy() {
    for model in ["cnn", "mlp"] {
        let (graph, calibration) = digits(model, "calibration.npz");
        let (_, inputs) = digits(model, "test.npz");
        let label = [InputSpec {
            name: "label".to_owned(),
            shape: vec![],
            kind: InputKind::Integer,
        }];
        let labels = parse(
            &read(&folder("../examples/digits/test.npz")),
            &label,
            &InputLimits::default(),
        )
        .unwrap();
        let quantized = quantize(&graph, &calibration, &QuantizeOptions::default()).unwrap();
        let output = graph.outputs[0].0;
        let float: Vec<_> = inputs
            .iter()
            .map(|x| arg_max(&graph.run(x).unwrap()[output]))
            .collect();
        let case = Case {
            name: model.to_owned(),
            graph,
            inputs,
            outputs: Vec::new(),
        };
        let integer: Vec<_> = integer_outputs(&case, &quantized.graph)
            .iter()
            .map(|y| arg_max(&y[0]))
            .collect();
        let count = float.len() as f64;
        let agreement = float.iter().zip(&integer).filter(|(a, b)| a == b).count() as f64 / count;
        let accuracy = |classes: &[usize]| {
            classes
                .iter()
                .zip(&labels)
                .filter(|(class, label)| **class as f32 == label[0][[]])
                .count() as f64
                / count
        };
        assert_eq!(labels.len(), 450);
        assert!(agreement >= 0.99, "{model}: {agreement} of the classes agree");
        assert!((accuracy(&float) - accuracy(&integer)).abs() <= 0.005, "{model}");
        assert!(
            accuracy(&integer) >= if model == "cnn" { 0.98 } else { 0.97 },
            "{model}: {}",
            accuracy(&integer)
        );
    }
}
