//! Random small graphs: the circuit accepts what the interpreter computes, and nothing else about the same statement.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_tests::checks::mock_prover::mock;
use hallmark_tests::equations::random_case;
use hallmark_tests::forger::{Cheat, Forger, Place};
use hallmark_tests::mutation::elements;
use hallmark_tests::random_graph::{random_graph, widths};
use hallmark_tests::setting::Setting;
use hallmark_verifier::integer;
use halo2_proofs::halo2curves::bn256::Fr;

/// One random graph with random widths of banks.
fn check(seed: u64) {
    let setting = Setting::new(&random_case(random_graph(seed), widths(seed)));
    let witness = setting.witness();
    let instances = witness.instances().to_vec();
    assert!(
        mock(&setting, witness.clone(), instances.clone()),
        "{seed}: the honest witness"
    );
    // The forger's constructor checks that our reading of the constraints accepts it too.
    let forger = Forger::new(&setting);
    let public: Vec<Place> = elements(&forger)
        .into_iter()
        .map(|e| e.place)
        .filter(|p| matches!(p, Place::Instance(..)))
        .collect();
    for place in &public {
        for change in [1, -1, 1 << 20] {
            let cheat = Cheat::with([(*place, forger.honest.get(*place) + integer(change))]);
            assert!(!forger.try_out(&cheat).is_empty(), "{seed}: {place:?} {change}");
        }
    }
    if let Some(Place::Instance(column, row)) = public.get(seed as usize % public.len().max(1)) {
        let mut changed = instances;
        changed[*column][*row] += Fr::one();
        assert!(
            !mock(&setting, witness, changed),
            "{seed}: halo2 accepts another statement"
        );
    }
}

#[test]
fn circuits_accept_the_interpreter_and_no_other_statement() {
    (20_000..20_060).for_each(check);
}

#[test]
#[ignore = "some minutes"]
fn many_circuits_accept_the_interpreter_and_no_other_statement() {
    (30_000..31_000).for_each(check);
}
