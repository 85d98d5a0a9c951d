//! Model ids of the digits examples, with the development SRS: a change of quantisation, layout, gates, statement or key
//! format changes them.
//!
//! Where a change is meant, write the file anew and commit it with the change that explains it:
//! `cargo test --release -p hallmark-tests --test golden -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::Target;
use hallmark_import::input::{InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use hallmark_model::{QuantizeOptions, quantize};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, compile};
use hallmark_verifier::Form;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const BITS: u32 = 12;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn golden_file() -> PathBuf {
    folder("golden/digits.json")
}

/// What is compared: the id covers everything, the rest says where to look.
fn describe(name: &str, target: Target) -> Value {
    let read = |file: &str| std::fs::read(folder("../examples/digits").join(file)).unwrap();
    let float = import(&read(&format!("{name}.onnx")), &ImportOptions::default()).unwrap();
    let inputs = InputSpec::of_graph(&float);
    let calibration = parse(&read("calibration.npz"), &inputs, &InputLimits::default()).unwrap();
    let quantized = quantize(&float, &calibration, &QuantizeOptions::with_bits(BITS)).unwrap();
    let graph = Arc::new(quantized.graph);
    let circuit = PlannedCircuit::new(&graph, target, Form::PUBLIC).unwrap();
    let description = Description {
        name,
        bits: BITS,
        target: words(target),
    };
    let circuits = std::slice::from_ref(&circuit);
    let compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
    let protocol = &compiled.keys[0].circuit_key().protocol;
    json!({
        "model_id": compiled.key.model_id().to_string(),
        "graph_digest": hallmark_prover::srs::hex(&graph.digest()),
        "transcript_repr": hallmark_prover::srs::hex(&hallmark_verifier::scalar_to_bytes(&protocol.transcript_repr)),
        "k": protocol.log_rows,
        "advice_columns": protocol.advice_columns(),
        "fixed_columns": protocol.fixed_columns(),
        "proof_bytes": protocol.proof_bytes(hallmark_verifier::TranscriptKind::Blake2b),
    })
}

fn words(target: Target) -> &'static str {
    match target {
        Target::Fast => "fast",
        Target::Evm => "evm",
    }
}

fn describe_all() -> Value {
    let models = [
        ("cnn", Target::Fast),
        ("mlp", Target::Fast),
        ("cnn", Target::Evm),
        ("mlp", Target::Evm),
    ];
    let all: Map<String, Value> = models
        .into_iter()
        .map(|(name, target)| {
            let key = match target {
                Target::Fast => name.to_owned(),
                Target::Evm => format!("{name} for contracts"),
            };
            (key, describe(name, target))
        })
        .collect();
    Value::Object(all)
}

#[test]
fn model_ids_of_the_digits_examples() {
    let text = std::fs::read_to_string(golden_file()).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let found = describe_all();
    assert_eq!(
        found, expected,
        "if the change is meant, see the head of this file"
    );
}

#[test]
#[ignore = "writes the golden file"]
fn write_the_golden_file() {
    let text = serde_json::to_string_pretty(&describe_all()).unwrap();
    std::fs::create_dir_all(folder("golden")).unwrap();
    std::fs::write(golden_file(), text + "\n").unwrap();
}
