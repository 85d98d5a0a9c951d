//! Keys and proofs of a small model, with and without the cache.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use hallmark_circuits::Target;
use hallmark_model::ops::integer::{Linear, Requantize};
use hallmark_model::quantized::{QNode, QOp, QTensor, TensorId};
use hallmark_model::{ElementKind, IntTensor, QuantizedGraph};
use hallmark_prover::cache::Cache;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{
    Compiled, Description, Engine, Event, PlannedCircuit, ProveOptions, Prover, ProverError, compile,
};
use hallmark_verifier::{Bundle, Form, TranscriptKind, VerifyError, VerifyOptions, verify, verify_with};
use std::sync::{Arc, Mutex};

/// `y = round((x·W + b) / 8)` with two inputs elements and two outputs.
fn graph(weight: i64) -> Arc<QuantizedGraph> {
    let tensor = |name: &str, scale_bits, interval| QTensor {
        name: name.to_owned(),
        shape: vec![1, 2],
        kind: ElementKind::real(scale_bits),
        interval,
    };
    let weight = IntTensor::from_shape_vec(vec![2, 2], vec![weight, -2, 5, 1]).unwrap();
    let dense = QOp::Linear(Linear {
        weight,
        bias: vec![10, -20],
    });
    let x = tensor("x", 4, (-128, 127));
    let sums = dense.interval(&[&x]).unwrap().unwrap();
    Arc::new(QuantizedGraph {
        name: "two".to_owned(),
        tensors: vec![x, tensor("z", 7, sums), tensor("y", 4, (-512, 511))],
        nodes: vec![
            QNode {
                name: "dense".to_owned(),
                op: dense,
                inputs: vec![TensorId(0)],
                outputs: vec![TensorId(1)],
            },
            QNode {
                name: "round".to_owned(),
                op: QOp::Requantize(Requantize { shift: 3 }),
                inputs: vec![TensorId(1)],
                outputs: vec![TensorId(2)],
            },
        ],
        inputs: vec![TensorId(0)],
        outputs: vec![TensorId(2)],
    })
}

fn input() -> Vec<IntTensor> {
    vec![IntTensor::from_shape_vec(vec![1, 2], vec![17, -90]).unwrap()]
}

fn plan(graph: &Arc<QuantizedGraph>) -> PlannedCircuit {
    PlannedCircuit::new(graph, Target::Fast, Form::PUBLIC).unwrap()
}

fn compiled(circuit: &PlannedCircuit, cache: Option<&Cache>) -> Compiled {
    let description = Description {
        name: "two",
        bits: 8,
        target: "fast",
    };
    compile(
        std::slice::from_ref(circuit),
        description,
        &Srs::development,
        cache,
        &Silent,
    )
    .unwrap()
}

/// Opens a prover from `cache` and returns it with the events.
fn open(
    circuit: &PlannedCircuit,
    compiled: &Compiled,
    cache: &Cache,
) -> Result<(Prover, Vec<String>), ProverError> {
    let events = Mutex::new(Vec::new());
    let observer = |event: Event| events.lock().unwrap().push(format!("{event:?}"));
    let srs = Srs::development(circuit.k())?;
    let prover = Prover::open(
        circuit.clone(),
        srs,
        Arc::clone(&compiled.key),
        Some(cache),
        &observer,
    )?;
    Ok((prover, events.into_inner().unwrap()))
}

#[test]
fn a_model_is_compiled_proven_and_verified_and_tampering_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path());
    let graph = graph(3);
    graph.validate().unwrap();
    let circuit = plan(&graph);
    let compiled = compiled(&circuit, Some(&cache));
    let (prover, _) = open(&circuit, &compiled, &cache).unwrap();
    let trace = Arc::new(graph.run(&input()).unwrap());
    let options = ProveOptions {
        nonce: [7; 32],
        ..ProveOptions::default()
    };
    let proved = prover.prove(&trace, &options, &Silent).unwrap();
    // (17·3 − 90·5 + 10) / 8 = −48.6 and (−34 − 90 − 20) / 8 = −18, rounded half up.
    assert_eq!(proved.bundle.values.outputs, [[-49, -18]]);
    assert_eq!(proved.bundle.values.inputs, [[17, -90]]);
    assert!(proved.verified.srs.is_insecure());
    assert_eq!(proved.bundle.srs_digest, Srs::development_digest());

    let id = compiled.key.model_id();
    let bundle = Bundle::parse(proved.bundle.to_json().as_bytes()).unwrap();
    let expected = VerifyOptions {
        nonce: Some([7; 32]),
        ..VerifyOptions::default()
    };
    verify_with(&compiled.key, &id, &bundle, &expected).unwrap();
    let rejected = |change: &dyn Fn(&mut Bundle)| {
        let mut changed = bundle.clone();
        change(&mut changed);
        verify(&compiled.key, &id, &changed).unwrap_err()
    };
    assert_eq!(
        rejected(&|bundle| bundle.values.outputs[0][1] += 1),
        VerifyError::PairingFailed
    );
    assert_eq!(
        rejected(&|bundle| bundle.values.inputs[0][0] -= 1),
        VerifyError::PairingFailed
    );
    assert_eq!(
        rejected(&|bundle| bundle.values.nonce[31] ^= 1),
        VerifyError::PairingFailed
    );
}

#[test]
fn both_engines_make_proofs_with_either_transcript() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path());
    let graph = graph(3);
    let trace = Arc::new(graph.run(&input()).unwrap());
    for (target, usual) in [
        (Target::Fast, TranscriptKind::Blake2b),
        (Target::Evm, TranscriptKind::Keccak),
    ] {
        let circuit = PlannedCircuit::new(&graph, target, Form::PUBLIC).unwrap();
        let compiled = compiled(&circuit, Some(&cache));
        let (prover, _) = open(&circuit, &compiled, &cache).unwrap();
        let protocol = &compiled.keys[0].circuit_key().protocol;
        for engine in [Engine::Own, Engine::Stock] {
            for transcript in [None, Some(TranscriptKind::Blake2b), Some(TranscriptKind::Keccak)] {
                let options = ProveOptions {
                    engine,
                    transcript,
                    ..ProveOptions::default()
                };
                let bundle = prover.prove(&trace, &options, &Silent).unwrap().bundle;
                let kind = transcript.unwrap_or(usual);
                assert_eq!(bundle.transcript, kind);
                assert_eq!(bundle.proof.len(), protocol.proof_bytes(kind));
                for bytes in [bundle.to_bytes(), bundle.to_json().into_bytes()] {
                    assert_eq!(Bundle::parse(&bytes).unwrap(), bundle);
                }
                // A proof says which transcript it is for, and is valid for no other.
                for other in TranscriptKind::ALL.into_iter().filter(|other| *other != kind) {
                    let mut changed = bundle.clone();
                    changed.transcript = other;
                    verify(&compiled.key, &compiled.key.model_id(), &changed).unwrap_err();
                }
            }
        }
    }
}

#[test]
fn cached_keys_are_used_and_damaged_ones_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path());
    let circuit = plan(&graph(3));
    let compiled = compiled(&circuit, Some(&cache));
    let names = cache.names("keys-").unwrap();
    assert_eq!(names, [format!("keys-{}-public", compiled.key.model_id())]);
    let file = cache.path(&names[0]);
    let whole = std::fs::read(&file).unwrap();
    let trace = Arc::new(graph(3).run(&input()).unwrap());
    let (prover, events) = open(&circuit, &compiled, &cache).unwrap();
    assert!(
        !events.iter().any(|event| event.contains("CacheDamaged")),
        "{events:?}"
    );
    prover.prove(&trace, &ProveOptions::default(), &Silent).unwrap();

    for position in [0, 20, 60, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[position] ^= 0x40;
        std::fs::write(&file, &damaged).unwrap();
        let (_, events) = open(&circuit, &compiled, &cache).unwrap();
        assert!(
            events.iter().any(|event| event.contains("CacheDamaged")),
            "{events:?}"
        );
        assert_eq!(
            std::fs::read(&file).unwrap(),
            whole,
            "key generation is deterministic"
        );
    }
    std::fs::remove_file(&file).unwrap();
    open(&circuit, &compiled, &cache).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), whole);
}

#[test]
fn a_key_of_another_model_or_in_the_wrong_place_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path());
    let (circuit, other) = (plan(&graph(3)), plan(&graph(4)));
    let (ours, theirs) = (compiled(&circuit, Some(&cache)), compiled(&other, Some(&cache)));
    assert_ne!(
        ours.key.model_id(),
        theirs.key.model_id(),
        "the id commits to the weights"
    );
    let error = open(&other, &ours, &Cache::new(folder.path().join("empty")))
        .err()
        .unwrap();
    assert!(matches!(error, ProverError::KeyMismatch { .. }), "{error}");

    let place = |compiled: &Compiled| cache.path(&format!("keys-{}-public", compiled.key.model_id()));
    std::fs::copy(place(&theirs), place(&ours)).unwrap();
    let (_, events) = open(&circuit, &ours, &cache).unwrap();
    assert!(
        events.iter().any(|event| event.contains("another circuit")),
        "{events:?}"
    );
}

#[test]
fn misuse_is_a_typed_error() {
    let graph = graph(3);
    let circuit = plan(&graph);
    let compiled = compiled(&circuit, None);
    let srs = Srs::development(circuit.k() + 1).unwrap();
    let error = Prover::open(circuit.clone(), srs, Arc::clone(&compiled.key), None, &Silent)
        .err()
        .unwrap();
    assert!(matches!(error, ProverError::SrsTooSmall { .. }), "{error}");

    let private = PlannedCircuit::new(&graph, Target::Fast, Form::PRIVATE_INPUT);
    if let Ok(private) = private {
        let srs = Srs::development(private.k()).unwrap();
        let error = Prover::open(private, srs, Arc::clone(&compiled.key), None, &Silent)
            .err()
            .unwrap();
        assert!(
            matches!(error, ProverError::NoSuchCircuit(Form::PRIVATE_INPUT)),
            "{error}"
        );
    }
}

/// A graph with one input and as many outputs as there are names.
fn named(input: &str, outputs: &[String]) -> Arc<QuantizedGraph> {
    let tensor = |name: &str| QTensor {
        name: name.to_owned(),
        shape: vec![1, 2],
        kind: ElementKind::real(4),
        interval: (-8, 7),
    };
    let copy = |(index, name): (usize, &String)| QNode {
        name: format!("copy {name}"),
        op: QOp::Reshape,
        inputs: vec![TensorId(0)],
        outputs: vec![TensorId(index + 1)],
    };
    Arc::new(QuantizedGraph {
        name: "names".to_owned(),
        tensors: std::iter::once(input)
            .chain(outputs.iter().map(String::as_str))
            .map(tensor)
            .collect(),
        nodes: outputs.iter().enumerate().map(copy).collect(),
        inputs: vec![TensorId(0)],
        outputs: (1..=outputs.len()).map(TensorId).collect(),
    })
}

/// What no key can hold is refused when it is planned, by name, as what the model's author can change.
#[test]
fn what_no_key_can_hold_is_not_planned() {
    let refused = |graph: Arc<QuantizedGraph>, words: &[&str]| {
        graph.validate().unwrap();
        let error = PlannedCircuit::new(&graph, Target::Fast, Form::PUBLIC)
            .err()
            .unwrap();
        assert!(matches!(error, ProverError::KeyLimit(_)), "{error}");
        assert_eq!(error.class(), hallmark_prover::Class::Model);
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    };
    let name = |name: &str| vec![name.to_owned()];
    let long = "字".repeat(100);
    refused(
        named(&long, &name("y")),
        &["the input \"字", "300 is more than the limit of 256", "shorten"],
    );
    let many: Vec<String> = (0..1024).map(|i| format!("y{i}")).collect();
    refused(
        named("x", &many),
        &["number of inputs and outputs", "1026", "1024"],
    );
    // Names of layers are nobody's interface: they are cut.
    let mut layers = QuantizedGraph::clone(&named("x", &name("y")));
    layers.nodes[0].name = "字".repeat(500);
    let circuit = PlannedCircuit::new(&Arc::new(layers), Target::Fast, Form::PUBLIC).unwrap();
    compiled(&circuit, None);
    let bad = Description {
        name: "a\nb",
        bits: 8,
        target: "fast",
    };
    let made = compile(
        std::slice::from_ref(&circuit),
        bad,
        &Srs::development,
        None,
        &Silent,
    );
    assert!(matches!(made.err(), Some(ProverError::KeyLimit(_))));
}

/// A key has room for 2^14 layers.
#[test]
fn more_layers_than_a_key_has_room_for_are_not_planned() {
    let mut graph = QuantizedGraph::clone(&named("x", &["y".to_owned()]));
    for index in 0..1 << 14 {
        let output = TensorId(graph.tensors.len());
        graph.tensors.push(QTensor {
            name: format!("t{index}"),
            ..graph.tensors[1].clone()
        });
        graph.nodes.push(QNode {
            name: format!("n{index}"),
            op: QOp::Reshape,
            inputs: vec![TensorId(output.0 - 1)],
            outputs: vec![output],
        });
    }
    graph.outputs = vec![TensorId(graph.tensors.len() - 1)];
    let planned = PlannedCircuit::new(&Arc::new(graph), Target::Fast, Form::PUBLIC);
    let error = planned.err().unwrap().to_string();
    assert!(
        error.contains("number of layers: 16385 is more than the limit of 16384"),
        "{error}"
    );
}
