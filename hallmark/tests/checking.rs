//! Compiling again and comparing: honest models are reproduced, and a key that mixes two models is found.
#![allow(clippy::unwrap_used, clippy::panic)]

use hallmark::project::{
    Built, CompileOptions, GraphChecked, Parts, Project, SrsChoice, StoredGraph, Surroundings, build,
    calibration_digest, check, parse_samples, read_own_key, report,
};
use hallmark::{Error, Model};
use hallmark_circuits::Target;
use hallmark_model::ops::integer::Linear;
use hallmark_model::{QOp, QuantizedGraph};
use hallmark_prover::cache::Cache;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, compile};
use hallmark_verifier::{Form, SrsPolicy, VerifyingKey};
use std::path::Path;
use std::sync::Arc;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../examples/digits")
            .join(name),
    )
    .unwrap()
}

fn cache() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path());
    (folder, cache)
}

fn options() -> CompileOptions {
    CompileOptions {
        bits: 8,
        target: Target::Fast,
        srs: SrsChoice::Development,
        srs_policy: SrsPolicy::default(),
        public_only: false,
        batch: None,
        keep_keys: true,
        accept_inaccurate: true,
        memory_bytes: None,
    }
}

/// The digits MLP, with its data or without.
fn built(data: bool, options: &CompileOptions, cache: &Cache) -> Result<Built, Error> {
    let model = Model::from_onnx(file("mlp.onnx")).unwrap().named("digits");
    let samples = model.samples(&file("calibration.npz")).unwrap();
    let calibrated = match data {
        true => model.calibrate(samples),
        false => model.calibrate_on_random_inputs(8),
    };
    build(calibrated.unwrap(), options, &surroundings(cache))
}

fn surroundings(cache: &Cache) -> Surroundings<'_> {
    Surroundings {
        cache: Some(cache),
        progress: &Silent,
    }
}

/// The words of what differs.
fn refused(project: &Project, cache: &Cache) -> String {
    match check(project, None, &surroundings(cache)) {
        Err(Error::NotReproduced { what }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_model_is_reproduced_from_its_graph_its_file_and_its_data() {
    let (_folder, cache) = cache();
    let project = built(true, &options(), &cache).unwrap().project;
    let checked = check(&project, None, &surroundings(&cache)).unwrap();
    assert_eq!(checked.circuits, [Form::PUBLIC, Form::PRIVATE_INPUT]);
    assert_eq!(checked.graph, GraphChecked::NoData);
    let samples = parse_samples(&file("calibration.npz"), &project.float).unwrap();
    let with_data = check(&project, Some(samples.clone()), &surroundings(&cache)).unwrap();
    assert_eq!(with_data.graph, GraphChecked::Quantised(samples.len()));
    // Other data are told apart before anything is quantised.
    let fewer = samples[1..].to_vec();
    assert_ne!(calibration_digest(&fewer), calibration_digest(&samples));
    assert!(matches!(
        check(&project, Some(fewer), &surroundings(&cache)),
        Err(Error::OtherCalibration { .. })
    ));
    // In a fresh cache, from the folder, with random inputs: made again without data.
    let (folder, fresh) = self::cache();
    let built = built(false, &options(), &fresh).unwrap();
    let place = folder.path().join("model");
    built.project.save(&place, false, &report(&built)).unwrap();
    let loaded = Project::load(&place).unwrap();
    let checked = check(&loaded, None, &surroundings(&fresh)).unwrap();
    assert_eq!(checked.graph, GraphChecked::Quantised(8));
    assert_eq!(read_own_key(&place).unwrap(), *built.project.key);
}

/// Nothing but a file's content names its model.
#[test]
fn a_model_is_called_what_its_file_calls_the_graph() {
    let onnx = file("mlp.onnx");
    assert_eq!(Model::from_onnx(onnx.clone()).unwrap().name(), "digits_mlp");
    let (own, none) = (b"digits_mlp", b"digits/mlp");
    let place = onnx.windows(own.len()).position(|bytes| bytes == own).unwrap();
    let mut other = onnx;
    other[place..place + none.len()].copy_from_slice(none);
    // It would not be one part of a reference.
    assert_eq!(Model::from_onnx(other.clone()).unwrap().name(), "model");
    assert_eq!(Model::from_onnx(other).unwrap().named("mine").name(), "mine");
}

/// One id, two models: the public circuit is that of the graph, the private one that of a graph with another weight.
#[test]
fn a_key_with_the_circuit_of_another_model_is_found() {
    let (_folder, cache) = cache();
    let mut project = built(true, &options(), &cache).unwrap().project;
    let honest = Arc::clone(&project.key);
    let mut other = QuantizedGraph::clone(&project.graph);
    let weight = other.nodes.iter_mut().find_map(|node| match &mut node.op {
        QOp::Linear(Linear { weight, .. }) => weight.iter_mut().next(),
        _ => None,
    });
    let weight = weight.unwrap();
    *weight += if *weight > 0 { -1 } else { 1 };
    let private = PlannedCircuit::new(&Arc::new(other), Target::Fast, Form::PRIVATE_INPUT).unwrap();
    let description = Description {
        name: "digits",
        bits: 8,
        target: "fast",
    };
    let made = compile(&[private], description, &Srs::development, None, &Silent).unwrap();
    let mut foreign = made.key.circuits()[0].clone();
    // What the author of such a key says.
    foreign.graph_digest = honest.model().graph_digest;
    let circuits = vec![honest.circuits()[0].clone(), foreign];
    let key = VerifyingKey::new(honest.srs().clone(), honest.model().clone(), circuits).unwrap();
    project.key = Arc::new(key);
    let what = refused(&project, &cache);
    assert!(
        what.contains("weights or gates") && what.contains("private inputs"),
        "{what}"
    );
    // Other claims of the description.
    let mut model = honest.model().clone();
    model.parameters += 1;
    let key = VerifyingKey::new(honest.srs().clone(), model, honest.circuits().to_vec()).unwrap();
    project.key = Arc::new(key);
    assert!(refused(&project, &cache).contains("parameters"));
    let mut model = honest.model().clone();
    model.bits *= 2;
    let key = VerifyingKey::new(honest.srs().clone(), model, honest.circuits().to_vec()).unwrap();
    project.key = Arc::new(key);
    assert!(refused(&project, &cache).contains("the key says 16 bits"));
}

/// A folder whose key is another model's is not opened, whether its digest or its tensors say so.
#[test]
fn a_folder_with_the_key_of_another_model_is_not_opened() {
    let (_folder, cache) = cache();
    let one = built(true, &options(), &cache).unwrap().project;
    let two = built(
        true,
        &CompileOptions {
            bits: 10,
            ..options()
        },
        &cache,
    )
    .unwrap()
    .project;
    let parts = |key: Vec<u8>| Parts {
        settings: one.settings.clone(),
        graph: serde_json::to_vec(&StoredGraph::from(one.graph.as_ref())).unwrap(),
        onnx: one.onnx.clone(),
        key,
        plans: None,
    };
    Project::from_parts(parts(one.key.to_bytes())).unwrap();
    let error = Project::from_parts(parts(two.key.to_bytes()))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("made for the graph"), "{error}");
    // The other model's circuits under this graph's digest.
    let digest = one.graph.digest();
    let mut model = two.key.model().clone();
    model.graph_digest = digest;
    let mut circuits = two.key.circuits().to_vec();
    for circuit in &mut circuits {
        circuit.graph_digest = digest;
    }
    let liar = VerifyingKey::new(two.key.srs().clone(), model, circuits).unwrap();
    let error = Project::from_parts(parts(liar.to_bytes()))
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("inputs of the circuit for public inputs"),
        "{error}"
    );
}

#[test]
fn models_are_not_compiled_over_an_srs_that_a_policy_refuses() {
    let (_folder, cache) = cache();
    let strict = CompileOptions {
        srs_policy: SrsPolicy::strict(),
        ..options()
    };
    let error = built(true, &strict, &cache).err().unwrap().to_string();
    assert!(error.contains("insecure"), "{error}");
}
