//! Real proofs of small models: bundles in both forms, every tampering with the error it gets, the stock verifier's
//! verdict on the same proofs, and that no two proofs have anything in common.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_circuits::{ModelCircuit, Target};
use hallmark_model::ops::integer::Linear;
use hallmark_model::{IntTensor, Trace};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile, extract};
use hallmark_tests::graph_builder::derive_intervals;
use hallmark_tests::suite::{Case, linear, lookup, max_pool, reshape};
use hallmark_verifier::{
    Bundle, Form, Problem, VerifyError, VerifyOptions, VerifyingKey, verify, verify_batch, verify_with,
};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine};
use halo2_proofs::halo2curves::group::GroupEncoding;
use halo2_proofs::plonk::{VerifyingKey as HaloKey, keygen_vk, verify_proof};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{Blake2bRead, Challenge255, Transcript, TranscriptReadBuffer};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const NONCE: [u8; 32] = *b"thirty-two bytes of one request.";

struct Model {
    case: Case,
    circuit: PlannedCircuit,
    prover: Prover,
    key: Arc<VerifyingKey>,
    bundle: Bundle,
}

impl Model {
    fn new(case: Case) -> Self {
        let circuit = PlannedCircuit::new(&case.graph, Target::Fast, Form::PUBLIC).unwrap();
        let description = Description {
            name: case.name,
            bits: 4,
            target: "fast",
        };
        let circuits = std::slice::from_ref(&circuit);
        let mut compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
        let srs = Srs::development(circuit.k()).unwrap();
        let keys = compiled.keys.pop().unwrap();
        let prover = Prover::new(circuit.clone(), keys, srs, Arc::clone(&compiled.key));
        let bundle = prove(&prover, &case.trace);
        Self {
            case,
            circuit,
            prover,
            key: compiled.key,
            bundle,
        }
    }

    fn rejected(&self, change: impl Fn(&mut Bundle)) -> VerifyError {
        let mut changed = self.bundle.clone();
        change(&mut changed);
        assert_ne!(changed, self.bundle, "the tampering changes something");
        verify(&self.key, &self.key.model_id(), &changed).unwrap_err()
    }

    /// The execution on other inputs.
    fn another_trace(&self) -> Arc<Trace> {
        let shift = |id: &hallmark_model::TensorId| -> IntTensor {
            let mut tensor = self.case.trace.tensors[id.0].clone();
            let last = tensor.iter_mut().last().unwrap();
            *last += if *last > 0 { -1 } else { 1 };
            tensor
        };
        let inputs: Vec<IntTensor> = self.case.graph.inputs.iter().map(shift).collect();
        Arc::new(self.case.graph.run(&inputs).unwrap())
    }
}

fn prove(prover: &Prover, trace: &Arc<Trace>) -> Bundle {
    let options = ProveOptions {
        nonce: NONCE,
        ..ProveOptions::default()
    };
    prover.prove(trace, &options, &Silent).unwrap().bundle
}

#[test]
fn bundles_survive_both_forms_and_bind_the_statement() {
    let model = Model::new(reshape::network());
    let (bundle, id) = (&model.bundle, model.key.model_id());
    for bytes in [bundle.to_bytes(), bundle.to_json().into_bytes()] {
        let parsed = Bundle::parse(&bytes).unwrap();
        assert_eq!(parsed, *bundle);
        let options = VerifyOptions {
            nonce: Some(NONCE),
            ..VerifyOptions::default()
        };
        verify_with(&model.key, &id, &parsed, &options).unwrap();
    }
    let key = VerifyingKey::from_bytes(&model.key.to_bytes()).unwrap();
    assert_eq!(key.model_id(), id);
    // Weights are no secret of who has proofs, whatever is said of the values inside.
    let verified = verify(&key, &id, bundle).unwrap();
    assert!(verified.hidden().iter().all(|line| !line.contains("weights")));
    assert!(
        verified
            .revealed()
            .iter()
            .any(|line| line.contains("a handful of proofs"))
    );
    assert!(verified.to_string().contains("Revealed:\n  - the weights"));

    let failed = VerifyError::PairingFailed;
    for byte in 0..32 {
        assert_eq!(model.rejected(|b| b.values.nonce[byte] ^= 1), failed);
    }
    for element in 0..16 {
        let bump = |v: &mut i64| *v += if *v > 0 { -1 } else { 1 };
        assert_eq!(model.rejected(|b| bump(&mut b.values.inputs[0][element])), failed);
    }
    for element in 0..3 {
        let bump = |v: &mut i64| *v += if *v > 0 { -1 } else { 1 };
        assert_eq!(
            model.rejected(|b| bump(&mut b.values.outputs[0][element])),
            failed
        );
        let outside = model.rejected(|b| b.values.outputs[0][element] = 16);
        assert!(
            matches!(outside, VerifyError::OutsideInterval { value: 16, .. }),
            "{outside}"
        );
    }
    assert_eq!(model.rejected(|b| b.values.outputs[0].reverse()), failed);
    let shape = |error: VerifyError| assert!(matches!(error, VerifyError::StatementShape { .. }), "{error}");
    shape(model.rejected(|b| b.values.outputs[0].push(0)));
    shape(model.rejected(|b| b.values.inputs.clear()));
    shape(model.rejected(|b| b.values.input_commitment = Some([1; 32])));

    let other = Bundle {
        values: prove(&model.prover, &model.another_trace()).values,
        ..bundle.clone()
    };
    assert_ne!(other.values, bundle.values);
    assert_eq!(
        verify(&model.key, &id, &other),
        Err(failed),
        "the statement of another proof"
    );
}

#[test]
fn proofs_belong_to_one_model() {
    let models = [Model::new(linear::one_row()), Model::new(linear::two_layers())];
    let [one, two] = &models;
    let (first, second) = (one.key.model_id(), two.key.model_id());
    assert_ne!(first, second);
    let wrong_model = verify(&two.key, &second, &one.bundle).unwrap_err();
    assert_eq!(
        wrong_model,
        VerifyError::WrongModel {
            expected: second,
            found: first
        }
    );
    let wrong_key = verify(&one.key, &second, &one.bundle).unwrap_err();
    assert_eq!(
        wrong_key,
        VerifyError::WrongKey {
            expected: second,
            found: first
        }
    );
    let relabelled = Bundle {
        model_id: second,
        ..one.bundle.clone()
    };
    assert!(verify(&two.key, &second, &relabelled).is_err());
    assert!(matches!(
        one.rejected(|b| b.srs_digest[0] ^= 1),
        VerifyError::WrongSrs { .. }
    ));
    let hidden = Form::PRIVATE_INPUT;
    assert_eq!(
        one.rejected(|b| b.form = hidden),
        VerifyError::NoSuchCircuit(hidden)
    );
    let options = VerifyOptions {
        nonce: Some([0; 32]),
        ..VerifyOptions::default()
    };
    let wrong_nonce = verify_with(&one.key, &first, &one.bundle, &options).unwrap_err();
    assert!(matches!(wrong_nonce, VerifyError::WrongNonce { .. }));
    let all = [
        (&*one.key, &first, &one.bundle),
        (&*two.key, &second, &two.bundle),
    ];
    assert_eq!(verify_batch(&all).unwrap().len(), 2);
}

/// A model that differs in one weight has another id, and its key refuses the first one's proof though everything has
/// the same shape.
#[test]
fn one_weight_makes_another_model() {
    let one = Model::new(linear::one_row());
    let mut case = linear::one_row();
    let mut graph = hallmark_model::QuantizedGraph::clone(&case.graph);
    for node in &mut graph.nodes {
        if let hallmark_model::QOp::Linear(Linear { weight, .. }) = &mut node.op {
            let last = weight.iter_mut().last().unwrap();
            *last += if *last > 0 { -1 } else { 1 };
        }
    }
    derive_intervals(&mut graph);
    let inputs: Vec<IntTensor> = graph
        .inputs
        .iter()
        .map(|id| case.trace.tensors[id.0].clone())
        .collect();
    case.trace = Arc::new(graph.run(&inputs).unwrap());
    case.graph = Arc::new(graph);
    let two = Model::new(case);
    assert_ne!(one.key.model_id(), two.key.model_id());
    let relabelled = Bundle {
        model_id: two.key.model_id(),
        ..one.bundle.clone()
    };
    assert_eq!(
        verify(&two.key, &two.key.model_id(), &relabelled),
        Err(VerifyError::PairingFailed)
    );
}

#[test]
fn changed_bytes_are_rejected() {
    let model = Model::new(linear::two_layers());
    let (bytes, id) = (model.bundle.to_bytes(), model.key.model_id());
    for position in (0..bytes.len()).step_by(13).chain(0..64) {
        let mut changed = bytes.clone();
        changed[position] ^= 1 << (position % 8);
        let verdict = Bundle::parse(&changed).and_then(|bundle| verify(&model.key, &id, &bundle));
        assert!(verdict.is_err(), "byte {position}");
    }
    let malformed = |error: VerifyError, expected: Problem| match error {
        VerifyError::Malformed { problem, .. } => assert_eq!(problem, expected),
        error => panic!("{error}"),
    };
    malformed(model.rejected(|b| b.proof.push(0)), Problem::TrailingBytes(1));
    malformed(
        model.rejected(|b| b.proof.extend([0; 32])),
        Problem::TrailingBytes(32),
    );
    let length = model.bundle.proof.len();
    for cut in [1, 32, length] {
        let error = model.rejected(|b| b.proof.truncate(length - cut));
        assert!(
            matches!(
                error,
                VerifyError::Malformed {
                    problem: Problem::Truncated { .. },
                    ..
                }
            ),
            "{error}"
        );
    }
    malformed(
        Bundle::parse(&[bytes.as_slice(), &[0]].concat()).unwrap_err(),
        Problem::TrailingBytes(1),
    );
    assert!(Bundle::parse(&bytes[..bytes.len() - 1]).is_err());
    let json = model.bundle.to_json();
    assert!(Bundle::parse(format!("{json}x").as_bytes()).is_err());
    assert!(Bundle::parse(&json.as_bytes()[..json.len() - 2]).is_err());
}

/// halo2's own verifier on a bundle's proof.
struct Stock {
    srs: Srs,
    key: HaloKey<G1Affine>,
    seed: Fr,
    instances: Vec<Vec<Fr>>,
}

impl Stock {
    fn new(model: &Model) -> Self {
        let srs = Srs::development(model.circuit.k()).unwrap();
        let plan = Arc::new(model.circuit.plan().clone());
        let key = keygen_vk(srs.params(), &ModelCircuit::keygen(plan)).unwrap();
        let seed = extract::halo_scalar(&model.key.transcript_seed(Form::PUBLIC));
        let columns = model.circuit.statement().instances(&model.bundle.values).unwrap();
        let instances = columns
            .iter()
            .map(|c| c.iter().map(extract::halo_scalar).collect())
            .collect();
        Self {
            srs,
            key,
            seed,
            instances,
        }
    }

    fn accepts(&self, mut proof: &[u8]) -> bool {
        let columns: Vec<&[Fr]> = self.instances.iter().map(Vec::as_slice).collect();
        let valid = catch_unwind(AssertUnwindSafe(|| {
            let mut transcript = Blake2bRead::<_, _, Challenge255<_>>::init(&mut proof);
            transcript.common_scalar(self.seed).unwrap();
            verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, Challenge255<_>, _, _>(
                self.srs.params().verifier_params(),
                &self.key,
                SingleStrategy::new(self.srs.params()),
                &[&columns],
                &mut transcript,
            )
            .is_ok()
        }));
        valid.unwrap_or(false)
    }
}

/// Points in other than canonical encoding are read by the stock verifier, and refused by ours.
fn is_canonical_point(bytes: &[u8]) -> bool {
    let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
    encoding.as_mut().copy_from_slice(bytes);
    let point: Option<G1Affine> = Option::from(G1Affine::from_bytes(&encoding));
    point.is_none_or(|point| point.to_bytes().as_ref() == bytes)
}

#[test]
fn the_stock_verifier_gives_the_same_verdicts() {
    let model = Model::new(lookup::relu());
    let stock = Stock::new(&model);
    let proof = &model.bundle.proof;
    assert!(stock.accepts(proof));
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    let chunks = proof.len() / 32;
    for round in 0..100 {
        let mut changed = proof.clone();
        match round % 4 {
            0 => changed[random(proof.len())] ^= 1 << random(8),
            // Another element of the same proof: a valid encoding in the wrong place.
            1 => {
                let (from, to) = (random(chunks) * 32, random(chunks) * 32);
                changed.copy_within(from..from + 32, to);
            }
            2 => {
                let (a, b) = (random(chunks) * 32, random(chunks) * 32);
                (0..32).for_each(|i| changed.swap(a + i, b + i));
            }
            _ => changed[random(chunks) * 32..][..8].fill(random(256) as u8),
        }
        if changed == *proof {
            continue;
        }
        let ours = verify(
            &model.key,
            &model.key.model_id(),
            &Bundle {
                proof: changed.clone(),
                ..model.bundle.clone()
            },
        );
        assert!(ours.is_err(), "round {round}");
        let canonical = changed
            .chunks(32)
            .zip(proof.chunks(32))
            .all(|(new, old)| new == old || is_canonical_point(new));
        assert!(
            !stock.accepts(&changed) || !canonical,
            "round {round}: only ours rejects: {ours:?}"
        );
    }
}

#[test]
fn two_proofs_of_one_statement_have_nothing_in_common() {
    let model = Model::new(max_pool::pool_2x2());
    let again = prove(&model.prover, &model.case.trace);
    assert_eq!(again.values, model.bundle.values);
    let parts = |bundle: &Bundle| {
        bundle
            .proof
            .chunks(32)
            .map(<[u8]>::to_vec)
            .collect::<BTreeSet<_>>()
    };
    let (one, two) = (parts(&model.bundle), parts(&again));
    assert!(
        one.is_disjoint(&two),
        "a commitment or an evaluation is not blinded"
    );
}
