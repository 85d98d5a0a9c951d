//! A plan that was kept leads to the key that it was kept with, in one lowering, whatever the target and the form.

use crate::suite::{Case, Suite};
use hallmark_circuits::{Plan, Target};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Compiled, Description, KeptPlans, PlannedCircuit, Prover, compile};
use hallmark_verifier::{Form, VerifyingKey};
use std::sync::Arc;

/// Circuits of all cases, for public and for private inputs and, where there is a batch axis, of batches.
pub fn check(suite: &Suite) {
    let mut wider = 0;
    for make in suite.cases {
        let case = make();
        for target in [Target::Fast, Target::Evm] {
            wider += usize::from(one(&case, target));
        }
    }
    assert!(wider > 0, "no layout stays the same with more weights in a row");
}

/// A search may come to rows of more weights than the key has fixed columns: lanes that no row uses take none.
fn more_weights_than_any_row_has(
    case: &Case,
    first: &PlannedCircuit,
    key: &VerifyingKey,
    kept: &str,
) -> bool {
    let mut choice = first.plan().choice();
    choice.widths.weights += 1024;
    let wider = Plan::kept(Arc::clone(&case.graph), first.plan().options(), &choice).unwrap();
    if !wider.fixed_columns().eq(first.plan().fixed_columns()) {
        return false;
    }
    let mut text: serde_json::Value = serde_json::from_str(kept).unwrap();
    text["circuits"]["public"]["choice"]["widths"]["weights"] = choice.widths.weights.into();
    let plans: KeptPlans = serde_json::from_value(text).unwrap();
    let plan = plans.plan(Form::PUBLIC).unwrap();
    let laid_out = PlannedCircuit::kept(&case.graph, Target::Fast, key, Form::PUBLIC, plan).unwrap();
    assert_eq!(laid_out.plan().choice(), choice, "{}", case.name);
    true
}

/// Whether another plan led to the same key.
fn one(case: &Case, target: Target) -> bool {
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
    let wider = target == Target::Fast && more_weights_than_any_row_has(case, &circuits[0], &key, &text);
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
    wider
}
