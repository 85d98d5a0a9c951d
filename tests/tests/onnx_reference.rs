//! The importer and the float operators against onnxruntime: every model of `reference/data` (see
//! `reference/make.py`), and the digits examples on real images.

use hallmark_import::input::{InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use hallmark_model::{FloatTensor, Graph};
use std::path::{Path, PathBuf};

/// Greatest difference between float results, relative to the greatest magnitude of the tensor (at least 1).
const FLOAT_TOLERANCE: f32 = 1e-4;

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
