//! Several proofs in one call, with one pairing check.

use super::{Model, accepted, reverted};
use hallmark_evm::calldata::verify_batch;
use hallmark_evm::{Address, Claim, artifacts};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_verifier::Form;
use halo2_proofs::halo2curves::bn256::{Fq, G1, G1Affine};
use halo2_proofs::halo2curves::ff::PrimeField;

/// Two models on one chain, and proofs of both.
struct Batch {
    chain: Chain,
    verifier: Address,
    claims: Vec<(Address, Claim)>,
}

impl Batch {
    /// Two proofs of a model with public inputs, one of another with private ones.
    fn new() -> Self {
        let mut chain = Chain::default();
        let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
        let mut claims = Vec::new();
        for (form, nonces) in [
            (Form::PUBLIC, [1, 2].as_slice()),
            (Form::PRIVATE_INPUT, [3].as_slice()),
        ] {
            let model = Model::new(form);
            let key = chain.deploy(&model.evm.init_code()).unwrap().address;
            for nonce in nonces {
                let bundle = model.bundle([*nonce; 32], None);
                claims.push((key, Claim::new(&model.evm, &bundle).unwrap()));
            }
        }
        Self {
            chain,
            verifier: verifier.address,
            claims,
        }
    }

    fn call(&mut self, claims: &[(Address, Claim)]) -> Outcome {
        self.chain
            .call(&self.verifier, &verify_batch(claims), MAX_GAS)
            .unwrap()
    }

    fn single(&mut self, (key, claim): &(Address, Claim)) -> Outcome {
        self.chain
            .call(&self.verifier, &claim.verify(key), MAX_GAS)
            .unwrap()
    }
}

#[test]
fn proofs_of_different_models_share_a_pairing() {
    let mut batch = Batch::new();
    let claims = batch.claims.clone();
    let alone: u64 = claims.iter().map(|claim| accepted(&batch.single(claim))).sum();
    let together = accepted(&batch.call(&claims));
    // Two pairings and two transactions less, two combinations of two points each more.
    assert!(
        together + 2 * (113_000 + 21_000) < alone + 2 * 15_000,
        "{together} gas together, {alone} alone"
    );
    // One after the other costs the same whatever the order, but for the first commitment of the first claim.
    let turned: Vec<_> = claims.iter().rev().cloned().collect();
    assert!(accepted(&batch.call(&turned)).abs_diff(together) < 1_000);
}

#[test]
fn one_false_proof_spoils_a_batch() {
    let mut batch = Batch::new();
    for place in 0..batch.claims.len() {
        let mut claims = batch.claims.clone();
        let end = claims[place].1.proof.len();
        // The last evaluation of the proof, before its two points.
        claims[place].1.proof[end - 129] ^= 1;
        assert!(reverted(&batch.single(&claims[place]), "ProofInvalid()"));
        let outcome = batch.call(&claims);
        assert!(reverted(&outcome, "ProofInvalid()"), "claim {place}: {outcome:?}");
        // Well-formed elements of another claim's proof.
        let mut claims = batch.claims.clone();
        let other = claims[(place + 1) % claims.len()].1.proof.clone();
        let proof = &mut claims[place].1.proof;
        let (end, from) = (proof.len(), other.len());
        proof[end - 64..].copy_from_slice(&other[from - 64..]);
        assert!(reverted(&batch.call(&claims), "ProofInvalid()"), "claim {place}");
    }
}

#[test]
fn what_belongs_to_another_claim_is_rejected() {
    let mut batch = Batch::new();
    let claims = batch.claims.clone();
    // The statements of two proofs exchanged.
    let mut changed = claims.clone();
    let first = changed[0].1.statement.clone();
    changed[0].1.statement = std::mem::replace(&mut changed[1].1.statement, first);
    assert!(reverted(&batch.call(&changed), "ProofInvalid()"));
    // The keys of two models exchanged: their statements differ in length.
    let mut changed = claims;
    (changed[0].0, changed[2].0) = (changed[2].0, changed[0].0);
    assert!(reverted(&batch.call(&changed), "StatementLength()"));
}

pub(super) fn point(bytes: &[u8]) -> G1Affine {
    let coordinate = |bytes: &[u8]| {
        let mut repr = <Fq as PrimeField>::Repr::default();
        repr.as_mut()
            .iter_mut()
            .zip(bytes.iter().rev())
            .for_each(|(to, from)| *to = *from);
        Fq::from_repr(repr).unwrap()
    };
    G1Affine {
        x: coordinate(&bytes[..32]),
        y: coordinate(&bytes[32..]),
    }
}

pub(super) fn point_bytes(point: G1Affine) -> Vec<u8> {
    let word = |coordinate: Fq| {
        coordinate
            .to_repr()
            .as_ref()
            .iter()
            .rev()
            .copied()
            .collect::<Vec<u8>>()
    };
    [word(point.x), word(point.y)].concat()
}

/// The last point of a proof enters its equation alone, after all challenges: shifted up in one copy of a proof and down in another, it
/// makes two false claims whose errors are inverse to each other. An unweighted sum of the equations would hold.
#[test]
fn proofs_whose_errors_cancel_are_rejected() {
    let mut batch = Batch::new();
    let (key, claim) = batch.claims[0].clone();
    let end = claim.proof.len();
    let last = point(&claim.proof[end - 64..]);
    let shift = G1Affine::generator();
    let shifted = |by: G1Affine| {
        let mut claim = claim.clone();
        let moved = G1Affine::from(G1::from(last) + by);
        claim.proof[end - 64..].copy_from_slice(&point_bytes(moved));
        (key, claim)
    };
    assert_eq!(point_bytes(last), claim.proof[end - 64..]);
    let (up, down) = (shifted(shift), shifted(-shift));
    for false_claim in [&up, &down] {
        assert!(reverted(&batch.single(false_claim), "ProofInvalid()"));
    }
    for claims in [
        vec![up.clone(), down.clone()],
        vec![down.clone(), up.clone()],
        vec![batch.claims[2].clone(), up.clone(), down.clone()],
        vec![up, batch.claims[1].clone(), down],
    ] {
        let outcome = batch.call(&claims);
        assert!(reverted(&outcome, "ProofInvalid()"), "{outcome:?}");
    }
}
