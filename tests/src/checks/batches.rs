//! Several executions in one proof.

use crate::suite::Suite;
use hallmark_circuits::Target;
use hallmark_model::{IntTensor, QuantizedGraph, Trace, stack};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_verifier::{Form, verify};
use std::sync::Arc;

/// How many.
pub const EXECUTIONS: usize = 3;

/// Every part of a batch is an execution of the model, and there are proofs of that.
pub fn check(suite: &Suite) {
    let mut refused = Vec::new();
    for make in suite.cases {
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
    let accepted = suite.cases.len() - refused.len();
    assert!(
        accepted >= suite.at_least.batches,
        "{accepted} accepted; {refused:#?}"
    );
    for reason in &refused {
        assert!(
            reason.contains("batch") || reason.contains("first axis"),
            "{reason}"
        );
    }
}

/// The case's inputs, and two variations of them as far as the model accepts those.
pub fn executions(graph: &QuantizedGraph, trace: &Trace) -> Vec<Vec<IntTensor>> {
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

/// A proof of a batch is accepted, and not for another output.
fn prove_and_tamper(name: &str, graph: &Arc<QuantizedGraph>, trace: &Arc<Trace>) {
    let circuits = [
        PlannedCircuit::new(graph, Target::Fast, Form::PUBLIC).unwrap(),
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
    tampered.form = Form::PUBLIC;
    assert!(
        verify(&compiled.key, &compiled.key.model_id(), &tampered).is_err(),
        "{name}"
    );
}
