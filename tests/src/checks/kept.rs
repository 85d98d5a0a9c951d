//! A plan that was kept leads to the key that it was kept with, in one lowering, whatever the target and the form.

use crate::suite::{Case, Suite};
use hallmark_circuits::Target;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Compiled, Description, KeptPlans, PlannedCircuit, Prover, compile};
use hallmark_verifier::{Form, VerifyingKey};
use std::sync::Arc;

/// Circuits of all cases, for public and for private inputs and, where there is a batch axis, of batches.
pub fn check(suite: &Suite) {
    for make in suite.cases {
        let case = make();
        for target in [Target::Fast, Target::Evm] {
            one(&case, target);
        }
    }
}

fn one(case: &Case, target: Target) {
    let mut circuits: Vec<PlannedCircuit> = [Form::PUBLIC, Form::PRIVATE_INPUT]
        .into_iter()
        .map(|form| PlannedCircuit::new(&case.graph, target, form).unwrap())
        .collect();
    circuits.extend(PlannedCircuit::batch(&case.graph, target, 2).ok());
    let description = Description {
        name: case.name,
        bits: 4,
        target: target.name(),
    };
    let compiled = compile(&circuits, description, &Srs::development, None, &Silent).unwrap();
    let text = serde_json::to_string(&KeptPlans::of(&circuits, &compiled)).unwrap();
    let plans: KeptPlans = serde_json::from_str(&text).unwrap();
    assert!(plans.are_for(&case.graph.digest()));

    let Compiled { key, .. } = compiled;
    let again = circuits.iter().map(|circuit| {
        let form = circuit.form();
        let kept = plans.plan(form).unwrap();
        let laid_out = PlannedCircuit::kept(&case.graph, target, &key, form, kept).unwrap();
        let (own, first) = (laid_out.plan(), circuit.plan());
        assert_eq!(own.lowerings(), 1, "{}, {target}, {form}", case.name);
        assert_eq!(own.choice(), first.choice());
        assert_eq!(laid_out.estimate(), circuit.estimate());
        let srs = Srs::development(laid_out.k()).unwrap();
        let prover = Prover::open(laid_out, srs, Arc::clone(&key), None, &Silent).unwrap();
        prover.keys().circuit_key().clone()
    });
    let made = VerifyingKey::new(key.srs().clone(), key.model().clone(), again.collect()).unwrap();
    assert_eq!(made.model_id(), key.model_id(), "{}, {target}", case.name);
}
