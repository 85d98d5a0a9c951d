//! Our own engine, beyond what [`hallmark_tests::checks::engine`] says of every operator: no two proofs share a commitment, and what
//! is wrong is not proven.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use hallmark_circuits::{Plan, PlanOptions, Witness};
use hallmark_prover::engine::Backend;
use hallmark_tests::checks::engine::{Keyed, assert_stock_key};
use hallmark_tests::setting::{NONCE, Setting};
use hallmark_tests::suite::conv;
use hallmark_verifier::TranscriptKind;
use std::sync::Arc;

#[test]
fn the_verifying_key_of_a_private_input_is_that_of_the_stock_key_generation() {
    let case = conv::padded();
    let options = PlanOptions {
        private_input: true,
        ..PlanOptions::default()
    };
    let plan = Arc::new(Plan::new(Arc::clone(&case.graph), &options).unwrap());
    let keyed = Keyed::new(Setting::of_plan(case.name, plan, Arc::clone(&case.trace)));
    assert_stock_key(case.name, &keyed.setting.plan, &keyed.params, &keyed.pk);
}

#[test]
fn a_wrong_witness_gives_no_valid_proof() {
    let case = conv::padded();
    let keyed = Keyed::new(Setting::new(&case));
    let mut witness = Witness::new(&keyed.setting.plan, &keyed.setting.trace, NONCE).unwrap();
    let cell = witness
        .stored_mut()
        .iter_mut()
        .flatten()
        .find(|cell| **cell != 0)
        .unwrap();
    *cell -= 1;
    let engine = keyed.engine(Backend::detect());
    for kind in TranscriptKind::ALL {
        let proof = keyed.prove(&engine, &witness, kind);
        assert!(!keyed.accepts(witness.instances(), &proof, kind));
    }
}

#[test]
fn two_proofs_of_a_statement_share_no_commitment() {
    let case = conv::padded();
    let keyed = Keyed::new(Setting::new(&case));
    let witness = Witness::new(&keyed.setting.plan, &keyed.setting.trace, NONCE).unwrap();
    let protocol = hallmark_prover::extract::protocol(keyed.pk.get_vk()).unwrap();
    // Advice columns, grand products, the random polynomial and the quotient's pieces.
    let commitments =
        protocol.advice_columns() + protocol.permutation_products() + 1 + protocol.quotient_pieces();
    let engine = keyed.engine(Backend::detect());
    let kind = TranscriptKind::Blake2b;
    let (a, b) = (
        keyed.prove(&engine, &witness, kind),
        keyed.prove(&engine, &witness, kind),
    );
    assert_eq!(a.len(), b.len());
    // The quotient's pieces are committed after the grand products, before any evaluation.
    let same: Vec<usize> = (0..commitments)
        .filter(|i| a[i * 32..][..32] == b[i * 32..][..32])
        .collect();
    assert!(same.is_empty(), "commitments {same:?} of {commitments} are equal");
}
