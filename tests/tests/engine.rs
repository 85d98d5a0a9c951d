//! Proofs of our own engine: halo2's verifier accepts them, on every backend and for every operation, and no two of them
//! share a commitment.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use hallmark_circuits::{Fr, ModelCircuit, Plan, PlanOptions, Witness};
use hallmark_prover::engine::{Backend, EngineKey, SrsBases, Structure};
use hallmark_prover::transcript::{ProofReader, ProofWriter};
use hallmark_tests::cases;
use hallmark_tests::setting::{NONCE, Setting};
use hallmark_verifier::TranscriptKind;
use halo2_proofs::SerdeFormat;
use halo2_proofs::halo2curves::bn256::{Bn256, G1Affine};
use halo2_proofs::plonk::{ProvingKey, VerifyingKey, keygen_pk, keygen_vk, verify_proof};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use rand_core::OsRng;
use std::sync::Arc;

/// A case with keys of halo2's.
struct Keyed {
    setting: Setting,
    params: ParamsKZG<Bn256>,
    pk: ProvingKey<G1Affine>,
}

impl Keyed {
    fn new(setting: Setting) -> Self {
        let params = ParamsKZG::setup(setting.plan.k(), OsRng);
        let circuit = ModelCircuit::keygen(Arc::clone(&setting.plan));
        let vk = keygen_vk(&params, &circuit).unwrap();
        let pk = keygen_pk(&params, vk, &circuit).unwrap();
        Self { setting, params, pk }
    }

    fn engine(&self, backend: Backend) -> EngineKey {
        let structure = Arc::new(Structure::new(&self.setting.plan).unwrap());
        let bases = Arc::new(SrsBases::new(&self.params, backend).unwrap());
        let protocol = hallmark_prover::extract::protocol(self.pk.get_vk()).unwrap();
        EngineKey::new(protocol, structure, bases).unwrap()
    }

    fn prove(&self, engine: &EngineKey, witness: &Witness, kind: TranscriptKind) -> Vec<u8> {
        let mut transcript = ProofWriter::new(kind);
        engine.prove(witness, &mut transcript).unwrap();
        transcript.finalize()
    }

    fn accepts(&self, instances: &[Vec<Fr>], proof: &[u8], kind: TranscriptKind) -> bool {
        let columns: Vec<&[Fr]> = instances.iter().map(Vec::as_slice).collect();
        let mut transcript = ProofReader::new(kind, proof);
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, _, _, _>(
            self.params.verifier_params(),
            self.pk.get_vk(),
            SingleStrategy::new(&self.params),
            &[&columns],
            &mut transcript,
        )
        .is_ok()
    }
}

#[test]
fn the_stock_verifier_accepts_every_operation_on_every_backend() {
    for make in cases::all() {
        let case = make();
        let keyed = Keyed::new(Setting::new(&case));
        let witness = Witness::new(&keyed.setting.plan, &keyed.setting.trace, NONCE).unwrap();
        for backend in Backend::available() {
            let engine = keyed.engine(backend);
            for kind in TranscriptKind::ALL {
                let proof = keyed.prove(&engine, &witness, kind);
                assert!(
                    keyed.accepts(witness.instances(), &proof, kind),
                    "{} on {backend:?} with {}",
                    case.name,
                    kind.name()
                );
                let mut other = witness.instances().to_vec();
                *other[0].last_mut().unwrap() += Fr::one();
                assert!(
                    !keyed.accepts(&other, &proof, kind),
                    "{} on {backend:?} with {} and another statement",
                    case.name,
                    kind.name()
                );
            }
        }
    }
}

#[test]
fn verifying_keys_are_those_of_the_stock_key_generation() {
    for make in cases::all() {
        let case = make();
        let keyed = Keyed::new(Setting::new(&case));
        assert_stock_key(case.name, &keyed.setting.plan, &keyed.params, &keyed.pk);
    }
}

#[test]
fn so_is_that_of_a_private_input() {
    let case = cases::all()[0]();
    let options = PlanOptions {
        private_input: true,
        ..PlanOptions::default()
    };
    let plan = Arc::new(Plan::new(Arc::clone(&case.graph), &options).unwrap());
    let keyed = Keyed::new(Setting::of_plan(case.name, plan, Arc::clone(&case.trace)));
    assert_stock_key(case.name, &keyed.setting.plan, &keyed.params, &keyed.pk);
}

/// The own key generation gives the very bytes of halo2's, and the scalar that proofs are bound to.
fn assert_stock_key(name: &str, plan: &Arc<Plan>, params: &ParamsKZG<Bn256>, pk: &ProvingKey<G1Affine>) {
    let structure = Structure::new(plan).unwrap();
    for backend in Backend::available() {
        let commitments = structure
            .commit(&SrsBases::new(params, backend).unwrap())
            .unwrap();
        let key = structure.verifying_key(&commitments).unwrap();
        let bytes = |key: &VerifyingKey<G1Affine>| key.to_bytes(SerdeFormat::RawBytes);
        assert!(bytes(&key) == bytes(pk.get_vk()), "{name} on {backend:?}");
        assert_eq!(
            key.transcript_repr(),
            pk.get_vk().transcript_repr(),
            "{name} on {backend:?}"
        );
    }
}

#[test]
fn a_wrong_witness_gives_no_valid_proof() {
    let case = cases::all()[0]();
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
    let case = cases::all()[0]();
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
