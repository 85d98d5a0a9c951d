//! Proofs of models before the contracts, in revm: the verifier, the registry after ERC-7992, and the consumer that pays
//! on a proven prediction. (`agreement.rs` has the corpus of corrupted calls.)

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[path = "evm/batch.rs"]
mod batch;
#[path = "evm/bounty.rs"]
mod bounty;
#[path = "evm/gas.rs"]
mod gas;
#[path = "evm/hostile.rs"]
mod hostile;
#[path = "evm/identity.rs"]
mod identity;
#[path = "evm/keys.rs"]
mod keys;

use hallmark_circuits::Target;
use hallmark_evm::calldata::{
    Word, bytes, number_word, proof_system, publish_key, selector, signed_word, tuple,
};
use hallmark_evm::{Address, Claim, EvmError, EvmKey, Inference, MAX_CODE_BYTES, artifacts};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_tests::suite::{Case, reshape};
use hallmark_verifier::{Bundle, Form, TranscriptKind};
use std::sync::Arc;

struct Model {
    case: Case,
    prover: Prover,
    evm: EvmKey,
}

impl Model {
    fn new(form: Form) -> Self {
        Self::with_target(form, Target::Evm)
    }

    fn with_target(form: Form, target: Target) -> Self {
        let case = reshape::network();
        let circuit = PlannedCircuit::new(&case.graph, target, form).unwrap();
        let description = Description {
            name: case.name,
            bits: 4,
            target: match target {
                Target::Evm => "evm",
                Target::Fast => "fast",
            },
        };
        let circuits = std::slice::from_ref(&circuit);
        let mut compiled = compile(circuits, description, &Srs::development, None, &Silent).unwrap();
        let srs = Srs::development(circuit.k()).unwrap();
        let keys = compiled.keys.pop().unwrap();
        let prover = Prover::new(circuit, keys, srs, Arc::clone(&compiled.key));
        let evm = EvmKey::new(&compiled.key, form).unwrap();
        Self { case, prover, evm }
    }

    fn bundle(&self, nonce: Word, transcript: Option<TranscriptKind>) -> Bundle {
        let options = ProveOptions {
            nonce,
            transcript,
            ..ProveOptions::default()
        };
        self.prover
            .prove(&self.case.trace, &options, &Silent)
            .unwrap()
            .bundle
    }
}

#[track_caller]
fn accepted(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Success { gas, .. } => *gas,
        other => panic!("{other:?}, error {:02x?}", other.error()),
    }
}

/// Whether a call reverted with the error of this signature.
fn reverted(outcome: &Outcome, error: &str) -> bool {
    outcome.error() == Some(selector(error))
}

#[test]
fn every_contract_is_deployable() {
    for artifact in [artifacts::verifier(), artifacts::registry(), artifacts::bounty()] {
        let artifact = artifact.unwrap();
        assert!(artifact.code().len() <= MAX_CODE_BYTES, "{}", artifact.contract);
        assert!(artifact.abi.as_array().is_some_and(|abi| !abi.is_empty()));
    }
}

#[test]
fn proofs_with_public_and_private_inputs_are_accepted() {
    for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
        let model = Model::new(form);
        let mut chain = Chain::default();
        let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
        let key = chain.deploy(&model.evm.init_code()).unwrap();
        assert!(
            model.evm.fits_a_contract() && key.gas <= 3_000_000,
            "{} gas",
            key.gas
        );
        let bundle = model.bundle([7; 32], None);
        assert_eq!(bundle.transcript, TranscriptKind::Keccak, "for the target");
        let claim = Claim::new(&model.evm, &bundle).unwrap();
        accepted(
            &chain
                .call(&verifier.address, &claim.verify(&key.address), MAX_GAS)
                .unwrap(),
        );
        accepted(
            &chain
                .call(&verifier.address, &claim.verify_with_key(&model.evm), MAX_GAS)
                .unwrap(),
        );
        let mut statement = claim.clone();
        let last = statement.statement.len() - 1;
        statement.statement[last] ^= 1;
        let outcome = chain
            .call(&verifier.address, &statement.verify(&key.address), MAX_GAS)
            .unwrap();
        assert!(reverted(&outcome, "ProofInvalid()"), "{outcome:?}");
    }
}

#[test]
fn a_bundle_has_to_be_for_the_key_and_the_contract() {
    let model = Model::new(Form::PUBLIC);
    let blake = model.bundle([0; 32], Some(TranscriptKind::Blake2b));
    assert!(matches!(
        Claim::new(&model.evm, &blake),
        Err(EvmError::WrongTranscript { found: "blake2b" })
    ));
    let mut other = model.bundle([0; 32], None);
    other.model_id.0[0] ^= 1;
    assert!(matches!(
        Claim::new(&model.evm, &other),
        Err(EvmError::WrongModel { .. })
    ));
}

/// A registry with one registered model.
struct Registered {
    model: Model,
    chain: Chain,
    verifier: Address,
    registry: Address,
    key: Address,
    id: Word,
}

/// `registerModel` with these hashes and a URI.
fn registration(hashes: [Word; 3], proof_system: [u8; 4]) -> Vec<u8> {
    let mut system = Word::default();
    system[..4].copy_from_slice(&proof_system);
    let [model, circuit, key] = hashes;
    let commitment = tuple(
        &[model, circuit, key, system],
        &[bytes(b"https://example.org/model")],
    );
    let signature = "registerModel((bytes32,bytes32,bytes32,bytes4,string))";
    [selector(signature).as_slice(), &tuple(&[], &[commitment])].concat()
}

fn hashes(key: &EvmKey) -> [Word; 3] {
    [key.model_id().0, key.data_digest(), key.code_hash()]
}

/// Deploys a verifier, and a registry for keys over the development SRS.
fn deployed_registry(chain: &mut Chain, key: &EvmKey) -> (Address, Address) {
    let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
    let arguments = artifacts::registry_arguments(&verifier.address, key.srs(), true);
    let init = [artifacts::registry().unwrap().init_code(), arguments];
    (verifier.address, chain.deploy(&init.concat()).unwrap().address)
}

/// What a successful call returns.
#[track_caller]
fn returned(outcome: Outcome) -> Vec<u8> {
    match outcome {
        Outcome::Success { output, .. } => output,
        other => panic!("{other:?}, error {:02x?}", other.error()),
    }
}

fn returned_address(outcome: Outcome) -> Address {
    returned(outcome)[12..32].try_into().unwrap()
}

fn registered(form: Form) -> Registered {
    let model = Model::new(form);
    let mut chain = Chain::default();
    let (verifier, registry) = deployed_registry(&mut chain, &model.evm);
    let mut call = |data: &[u8]| chain.call(&registry, data, MAX_GAS).unwrap();
    let register = registration(hashes(&model.evm), proof_system());
    assert!(reverted(&call(&register), "KeyNotPublished(bytes32)"));
    let key = returned_address(call(&publish_key(model.evm.data())));
    let foreign = call(&registration(hashes(&model.evm), *b"none"));
    assert!(reverted(&foreign, "UnsupportedProofSystem(bytes4)"));
    let id = returned(call(&register)).try_into().unwrap();
    assert!(reverted(&call(&register), "AlreadyRegistered(uint256)"));
    Registered {
        model,
        chain,
        verifier,
        registry,
        key,
        id,
    }
}

impl Registered {
    fn call(&mut self, data: &[u8]) -> Outcome {
        self.chain.call(&self.registry, data, MAX_GAS).unwrap()
    }

    fn verify(&mut self, inference: &Inference) -> Outcome {
        let call = inference.verify_inference(&self.id);
        self.call(&call)
    }
}

#[test]
fn the_registry_verifies_inferences() {
    for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
        let mut registered = registered(form);
        let bundle = registered.model.bundle([9; 32], None);
        let inference = Inference::new(&registered.model.evm, &bundle).unwrap();
        let outcome = registered.verify(&inference);
        accepted(&outcome);
        let Outcome::Success { events, .. } = outcome else {
            unreachable!()
        };
        assert_eq!(
            events[0][..4],
            selector("InferenceVerified(uint256,bytes32,bytes,address)")
        );

        // Another nonce: in the commitment, in the envelope, in both.
        let other = Inference {
            nonce: [8; 32],
            ..inference.clone()
        };
        assert!(
            reverted(&registered.verify(&other), "InvalidProof()"),
            "wrong nonce"
        );
        let mut call = inference.verify_inference(&registered.id);
        call[4 + 32] ^= 1;
        assert!(reverted(&registered.call(&call), "InputCommitmentMismatch()"));
        let mut other = inference.clone();
        other.inputs[0] ^= 1;
        let outcome = registered.verify(&other);
        assert!(outcome.error().is_some(), "another input: {outcome:?}");
        let mut other = inference.clone();
        other.inputs.push(0);
        assert!(reverted(&registered.verify(&other), "InputCommitmentMismatch()"));
        let mut other = inference.clone();
        other.proof[100] ^= 1;
        assert!(
            reverted(&registered.verify(&other), "InvalidProof()"),
            "another proof"
        );
        let mut other = inference.clone();
        other.proof.push(0);
        assert!(
            reverted(&registered.verify(&other), "InvalidProof()"),
            "a longer proof"
        );
        // Too little gas says nothing about the proof.
        let call = inference.verify_inference(&registered.id);
        let outcome = registered
            .chain
            .call(&registered.registry, &call, 150_000)
            .unwrap();
        assert!(!reverted(&outcome, "InvalidProof()"), "{outcome:?}");
        assert!(!matches!(outcome, Outcome::Success { .. }));
        let mut call = inference.verify_inference(&registered.id);
        call[4 + 31] ^= 1;
        assert!(reverted(&registered.call(&call), "ModelNotFound(uint256)"));
    }
}

#[test]
fn values_that_would_wrap_int256() {
    let mut registered = registered(Form::PUBLIC);
    let bundle = registered.model.bundle([9; 32], None);
    let inference = Inference::new(&registered.model.evm, &bundle).unwrap();
    let value = bundle.values.outputs[0][0];
    let with_first = |word: Word| {
        let mut output = inference.output.clone();
        output[64..96].copy_from_slice(&word);
        Inference {
            output,
            ..inference.clone()
        }
    };
    assert!(matches!(
        registered.verify(&with_first(signed_word(&value))),
        Outcome::Success { .. }
    ));
    // The same low bytes, as the packed statement would have them.
    for top in [0x01, 0x7f, 0x80, 0xff] {
        let mut word = signed_word(&value);
        word[0] ^= top;
        let outcome = registered.verify(&with_first(word));
        assert!(reverted(&outcome, "OutputMismatch()"), "{top:x}: {outcome:?}");
    }
    // The number modulo r, which is the same field element.
    let order = hex::decode("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001").unwrap();
    let mut word = signed_word(&value);
    let mut carry = 0u16;
    for i in (0..32).rev() {
        let sum = u16::from(word[i]) + u16::from(order[i]) + carry;
        (word[i], carry) = (sum as u8, sum >> 8);
    }
    assert!(reverted(
        &registered.verify(&with_first(word)),
        "OutputMismatch()"
    ));
    // Least and greatest numbers.
    let mut least = Word::default();
    least[0] = 0x80;
    let mut greatest = [0xff; 32];
    greatest[0] = 0x7f;
    for word in [least, greatest] {
        assert!(reverted(
            &registered.verify(&with_first(word)),
            "OutputMismatch()"
        ));
    }
    // Encodings that are not canonical.
    for change in [0usize, 31, 63] {
        let mut output = inference.output.clone();
        output[change] ^= 1;
        let other = Inference {
            output,
            ..inference.clone()
        };
        assert!(reverted(&registered.verify(&other), "OutputMismatch()"));
    }
    let mut output = inference.output.clone();
    output.extend([0; 32]);
    let other = Inference {
        output,
        ..inference.clone()
    };
    assert!(reverted(&registered.verify(&other), "OutputMismatch()"));
}

#[test]
fn models_are_immutable_and_can_be_deprecated() {
    let mut registered = registered(Form::PUBLIC);
    let bundle = registered.model.bundle([9; 32], None);
    let inference = Inference::new(&registered.model.evm, &bundle).unwrap();
    let signature = "updateModel(uint256,(bytes32,bytes32,bytes32,bytes4,string))";
    let update = |key: &EvmKey, id: &Word, changed: bool| {
        let mut system = Word::default();
        system[..4].copy_from_slice(&proof_system());
        let mut hashes = [key.model_id().0, key.data_digest(), key.code_hash(), system];
        hashes[0][0] ^= u8::from(changed);
        let commitment = tuple(&hashes, &[bytes(b"https://example.org/moved")]);
        [selector(signature).as_slice(), &tuple(&[*id], &[commitment])].concat()
    };
    let call = update(&registered.model.evm, &registered.id, true);
    assert!(reverted(&registered.call(&call), "ModelIsImmutable(uint256)"));
    let call = update(&registered.model.evm, &registered.id, false);
    accepted(&registered.call(&call));
    accepted(&registered.verify(&inference));
    let deprecate = [selector("deprecateModel(uint256)").as_slice(), &registered.id].concat();
    accepted(&registered.call(&deprecate));
    let outcome = registered.verify(&inference);
    assert!(reverted(&outcome, "VerificationRefused_ModelDeprecated(uint256)"));
}

#[test]
fn a_contract_learns_shape_and_scale() {
    let mut registered = registered(Form::PUBLIC);
    let call = [selector("outputsOf(uint256)").as_slice(), &registered.id].concat();
    let Outcome::Success { output, .. } = registered.call(&call) else {
        panic!("outputsOf")
    };
    let entry = registered.model.evm.statement().entries().last().unwrap().clone();
    // Offset, count, offset of the first; then count, width, low, high, scale, offset of the shape, its rank and axes.
    let word = |i: usize| -> Word { output[32 * i..][..32].try_into().unwrap() };
    assert_eq!(word(1), number_word(1));
    assert_eq!(word(3), number_word(entry.count));
    assert_eq!(word(4), number_word(entry.width));
    assert_eq!(word(7), signed_word(&i64::from(entry.scale_bits)));
    assert_eq!(word(9), number_word(entry.shape.len()));
    for (axis, size) in entry.shape.iter().enumerate() {
        assert_eq!(word(10 + axis), number_word(*size));
    }
}
