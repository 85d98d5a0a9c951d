//! Several executions in one proof: the batched model computes, part by part, what the model computes; its circuit accepts
//! that and nothing else; and the key says how many executions there are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use hallmark_circuits::{Plan, PlanOptions, Target};
use hallmark_model::ops::integer::Transpose;
use hallmark_model::{IntTensor, ModelError, QOp, QuantizedGraph, Trace, stack};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, Engine, PlannedCircuit, ProveOptions, Prover, ProverError, compile};
use hallmark_tests::cases::{self, convolutions};
use hallmark_verifier::{VerifyError, Visibility, verify};
use std::sync::Arc;

const EXECUTIONS: usize = 3;

/// The case's inputs, and two variations of them as far as the model accepts those.
fn executions(graph: &QuantizedGraph, trace: &Trace) -> Vec<Vec<IntTensor>> {
    let original: Vec<IntTensor> = graph
        .inputs
        .iter()
        .map(|id| trace.tensors[id.0].clone())
        .collect();
    let reversed = |tensor: &IntTensor| {
        let mut elements: Vec<i64> = tensor.iter().copied().collect();
        elements.reverse();
        IntTensor::from_shape_vec(tensor.shape(), elements).unwrap()
    };
    let variations = [
        original.iter().map(reversed).collect(),
        original.iter().map(|tensor| tensor.mapv(|v| v / 2)).collect(),
    ];
    let accepted = |inputs: Vec<IntTensor>| match graph.run(&inputs) {
        Ok(_) => inputs,
        Err(_) => original.clone(),
    };
    let mut all = vec![original.clone()];
    all.extend(variations.map(accepted));
    all
}

#[test]
fn every_part_of_a_batch_is_an_execution_of_the_model() {
    let mut refused = Vec::new();
    for make in cases::all() {
        let case = make();
        let wide = match case.graph.batched(EXECUTIONS) {
            Ok(wide) => wide,
            Err(error) => {
                refused.push(format!("{}: {error}", case.name));
                continue;
            }
        };
        let inputs = executions(&case.graph, &case.trace);
        let together = wide.run(&stack(&inputs).unwrap()).unwrap();
        for (part, inputs) in inputs.iter().enumerate() {
            let alone = case.graph.run(inputs).unwrap();
            for (tensor, (wide, single)) in together.tensors.iter().zip(&alone.tensors).enumerate() {
                let elements = wide.iter().skip(part * single.len()).take(single.len());
                assert!(
                    elements.eq(single.iter()),
                    "{}: tensor {tensor}, part {part}",
                    case.name
                );
            }
        }
        prove_and_tamper(case.name, &case.graph, &Arc::new(together));
    }
    // Many cases have no batch axis; not silently everything.
    let accepted = cases::all().len() - refused.len();
    assert!(accepted >= 10, "{accepted} accepted; {refused:#?}");
    for reason in &refused {
        assert!(
            reason.contains("batch") || reason.contains("first axis"),
            "{reason}"
        );
    }
}

/// A proof of a batch is accepted, and not for another output.
fn prove_and_tamper(name: &str, graph: &Arc<QuantizedGraph>, trace: &Arc<Trace>) {
    let circuits = [
        PlannedCircuit::new(graph, Target::Fast, Visibility::Public).unwrap(),
        PlannedCircuit::batch(graph, Target::Fast, EXECUTIONS).unwrap(),
    ];
    let description = Description {
        name,
        bits: 12,
        target: "fast",
    };
    let mut compiled = compile(&circuits, description, &Srs::development, None, &Silent).unwrap();
    let [_, circuit] = circuits;
    let srs = Srs::development(circuit.k()).unwrap();
    let keys = compiled.keys.pop().unwrap();
    assert_eq!(keys.circuit_key().executions(), EXECUTIONS, "{name}");
    let prover = Prover::new(circuit, keys, srs, Arc::clone(&compiled.key));
    let proved = prover.prove(trace, &ProveOptions::default(), &Silent).unwrap();
    assert_eq!(proved.verified.executions, EXECUTIONS, "{name}");
    let words = proved.verified.to_string();
    assert!(words.contains("for 3 inputs"), "{words}");
    let mut tampered = proved.bundle.clone();
    let last = tampered.values.outputs[0].last_mut().unwrap();
    *last += if *last > 0 { -1 } else { 1 };
    let verdict = verify(&compiled.key, &compiled.key.model_id(), &tampered);
    assert!(verdict.is_err(), "{name}: {verdict:?}");
    tampered.values.outputs = proved.bundle.values.outputs.clone();
    tampered.visibility = Visibility::Public;
    assert!(
        verify(&compiled.key, &compiled.key.model_id(), &tampered).is_err(),
        "{name}"
    );
}

/// Both engines prove a batch of a convolutional network, with the outputs that proofs of its single inputs have.
#[test]
fn a_batch_of_images_has_the_outputs_of_single_proofs_with_both_engines() {
    let case = convolutions::network();
    let inputs = executions(&case.graph, &case.trace);
    let wide = case.graph.batched(EXECUTIONS).unwrap();
    let together = Arc::new(wide.run(&stack(&inputs).unwrap()).unwrap());
    let circuits = [
        PlannedCircuit::new(&case.graph, Target::Fast, Visibility::Public).unwrap(),
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
    let case = convolutions::network();
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
    let case = cases::all()[0]();
    let circuit = PlannedCircuit::new(&case.graph, Target::Fast, Visibility::Public).unwrap();
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
    let found = PlannedCircuit::of_key(&case.graph, Target::Fast, &compiled.key, Visibility::PublicBatch);
    assert!(matches!(
        found.err().unwrap(),
        ProverError::NoSuchCircuit(Visibility::PublicBatch)
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
    let case = cases::all()[0]();
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
    let case = cases::all()[0]();
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
