//! Several executions in one proof: the batched model computes, part by part, what the model computes; its circuit accepts
//! that and nothing else; and the key says how many executions there are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use hallmark_circuits::{Plan, PlanOptions, Target};
use hallmark_model::ops::integer::Transpose;
use hallmark_model::{ModelError, QOp, stack};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, Engine, PlannedCircuit, ProveOptions, Prover, ProverError, compile};
use hallmark_tests::checks::batches::{EXECUTIONS, executions};
use hallmark_tests::suite::{conv, reshape};
use hallmark_verifier::{Form, VerifyError};
use std::sync::Arc;

/// Both engines prove a batch of a convolutional network, with the outputs that proofs of its single inputs have.
#[test]
fn a_batch_of_images_has_the_outputs_of_single_proofs_with_both_engines() {
    let case = reshape::network();
    let inputs = executions(&case.graph, &case.trace);
    let wide = case.graph.batched(EXECUTIONS).unwrap();
    let together = Arc::new(wide.run(&stack(&inputs).unwrap()).unwrap());
    let circuits = [
        PlannedCircuit::new(&case.graph, Target::Fast, Form::PUBLIC).unwrap(),
        PlannedCircuit::batch(&case.graph, Target::Fast, EXECUTIONS).unwrap(),
    ];
    let description = Description {
        name: case.name,
        bits: 12,
        target: "fast",
    };
    let mut compiled = compile(&circuits, description, &Srs::development, None, &Silent).unwrap();
    let [single, batch] = circuits.map(|circuit| {
        let srs = Srs::development(circuit.k()).unwrap();
        let keys = compiled.keys.remove(0);
        Prover::new(circuit, keys, srs, Arc::clone(&compiled.key))
    });
    let mut outputs = Vec::new();
    for inputs in &inputs {
        let trace = Arc::new(case.graph.run(inputs).unwrap());
        let proved = single.prove(&trace, &ProveOptions::default(), &Silent).unwrap();
        outputs.extend(proved.bundle.values.outputs[0].clone());
    }
    for engine in [Engine::Own, Engine::Stock] {
        let options = ProveOptions {
            engine,
            ..ProveOptions::default()
        };
        let proved = batch.prove(&together, &options, &Silent).unwrap();
        assert_eq!(proved.bundle.values.outputs[0], outputs, "{engine:?}");
    }
}

/// Sixteen inputs take fewer cells than sixteen circuits, and less of every kind per input than four do.
#[test]
fn circuits_of_batches_grow_less_than_their_inputs() {
    let case = reshape::network();
    let columns = |executions: usize| {
        let graph = Arc::new(case.graph.batched(executions).unwrap());
        let plan = Plan::new(graph, &PlanOptions::default()).unwrap();
        let frame = plan.frame();
        let accumulators = &plan.layout().strips().unwrap().advice.accumulators;
        let cells = |columns: usize| columns << plan.k();
        [
            cells(frame.advice_columns),
            cells(frame.fixed_values.len()),
            cells(accumulators.len()),
        ]
    };
    let [one, four, sixteen] = [1, 4, 16].map(columns);
    for (kind, what) in ["advice", "fixed", "evaluations"].iter().enumerate() {
        assert!(four[kind] <= 2 * one[kind], "{what}: {one:?}, {four:?}");
        assert!(sixteen[kind] <= 2 * four[kind], "{what}: {four:?}, {sixteen:?}");
    }
}

#[test]
fn a_key_without_a_batch_has_no_such_circuit_and_an_id_of_its_own() {
    let case = conv::padded();
    let circuit = PlannedCircuit::new(&case.graph, Target::Fast, Form::PUBLIC).unwrap();
    let description = Description {
        name: "alone",
        bits: 12,
        target: "fast",
    };
    let compiled = compile(
        std::slice::from_ref(&circuit),
        description,
        &Srs::development,
        None,
        &Silent,
    )
    .unwrap();
    let found = PlannedCircuit::of_key(&case.graph, Target::Fast, &compiled.key, Form::PUBLIC_BATCH);
    assert!(matches!(
        found.err().unwrap(),
        ProverError::NoSuchCircuit(Form::PUBLIC_BATCH)
    ));
    let batch = PlannedCircuit::batch(&case.graph, Target::Fast, 2).unwrap();
    let both = compile(&[circuit, batch], description, &Srs::development, None, &Silent).unwrap();
    assert_ne!(
        both.key.model_id(),
        compiled.key.model_id(),
        "the id covers every circuit"
    );
    assert_eq!(both.key.model().graph_digest, compiled.key.model().graph_digest);
}

#[test]
fn operations_that_mix_executions_are_refused_by_name() {
    let case = conv::padded();
    let mut graph = (*case.graph).clone();
    let rank = graph.tensors[graph.outputs[0].0].shape.len();
    graph.nodes.last_mut().unwrap().op = QOp::Transpose(Transpose {
        perm: (0..rank).rev().collect(),
    });
    let name = graph.nodes.last().unwrap().name.clone();
    let error = graph.batched(2).unwrap_err();
    assert!(
        matches!(&error, ModelError::InvalidNode { node, .. } if *node == name),
        "{error}"
    );
    assert!(matches!(case.graph.batched(0), Err(ModelError::Option { .. })));
    let mut flat = (*case.graph).clone();
    flat.tensors[0].shape = vec![2, 2];
    assert!(matches!(flat.batched(2), Err(ModelError::InvalidGraph { .. })));
}

#[test]
fn verifiers_refuse_batches_whose_tensors_have_other_numbers_of_executions() {
    let case = conv::padded();
    let batch = PlannedCircuit::batch(&case.graph, Target::Fast, 2).unwrap();
    let description = Description {
        name: "odd",
        bits: 12,
        target: "fast",
    };
    let compiled = compile(&[batch], description, &Srs::development, None, &Silent).unwrap();
    let mut circuit = compiled.key.circuits()[0].clone();
    let entry = circuit
        .statement
        .entries
        .iter_mut()
        .find(|e| !e.shape.is_empty())
        .unwrap();
    entry.shape.insert(0, 1);
    let changed = hallmark_verifier::VerifyingKey::new(
        compiled.key.srs().clone(),
        compiled.key.model().clone(),
        vec![circuit],
    );
    assert!(
        matches!(changed, Err(VerifyError::InconsistentKey { .. })),
        "{changed:?}"
    );
}
