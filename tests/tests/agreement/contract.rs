//! The same proofs, valid and corrupted, before all three: the stock verifier, Hallmark's, and the contract. One verdict; and
//! the contract's errors are typed and leave the caller its gas.

use super::family::Shape;
use super::models::{Model, model_of};
use hallmark_evm::calldata::{Word, bytes, number_word, selector, tuple, verify_batch};
use hallmark_evm::{Address, Claim, EvmKey, artifacts};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_prover::extract;
use hallmark_verifier::{Form, StatementValues, TranscriptKind, verify};

const GAS: u64 = 10_000_000;

/// A model on a chain of its own.
struct OnChain {
    model: Model,
    evm: EvmKey,
    chain: Chain,
    verifier: Address,
    key: Address,
    /// Gas that an accepted call takes.
    cost: u64,
}

fn small() -> Shape {
    Shape {
        width: 4,
        phases: 2,
        instances: 2,
        permuted: 2,
        near: true,
        ..Shape::default()
    }
}

fn on_chain(shape: Shape) -> OnChain {
    let model = model_of("on chain", shape, TranscriptKind::Keccak);
    let mut chain = Chain::default();
    let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
    let evm = EvmKey::new(&model.key, Form::PUBLIC).unwrap();
    let key = chain.deploy(&evm.init_code()).unwrap();
    let mut made = OnChain {
        model,
        evm,
        chain,
        verifier: verifier.address,
        key: key.address,
        cost: 0,
    };
    let call = made.claim().verify(&made.key);
    made.cost = match made.call(&call, GAS) {
        Outcome::Success { gas, .. } => gas,
        other => panic!("the honest proof: {other:?} {:x?}", other.error()),
    };
    made
}

impl OnChain {
    fn claim(&self) -> Claim {
        Claim::new(&self.evm, &self.model.bundle).unwrap()
    }

    fn call(&mut self, call: &[u8], gas: u64) -> Outcome {
        self.chain.call(&self.verifier, call, gas).unwrap()
    }

    /// The name of the error of a call that must fail, without having burnt the gas it was given.
    #[track_caller]
    fn error(&mut self, call: &[u8], what: &str) -> &'static str {
        self.error_of(1, call, what)
    }

    /// The same for a batch.
    #[track_caller]
    fn error_of(&mut self, claims: u64, call: &[u8], what: &str) -> &'static str {
        match self.call(call, GAS) {
            Outcome::Reverted { gas, output } => {
                let bound = claims * self.cost + 100_000;
                assert!(gas < bound, "{what}: burnt {gas} of {GAS}");
                name(&output).unwrap_or_else(|| panic!("{what}: no typed error in {output:02x?}"))
            }
            other => panic!("{what}: {other:?}"),
        }
    }

    /// All three verdicts on a proof for the model's own statement.
    #[track_caller]
    fn rejected(&mut self, proof: &[u8], what: &str) -> &'static str {
        let setup = &self.model.setup;
        let seed = extract::halo_scalar(&self.model.key.transcript_seed(Form::PUBLIC));
        let instances = setup.circuit.instance.clone();
        assert!(!setup.verdict(Some(seed), &instances, proof, what), "{what}");
        let claim = Claim {
            proof: proof.to_vec(),
            ..self.claim()
        };
        let call = claim.verify(&self.key);
        self.error(&call, what)
    }

    /// Our verifier's and the contract's verdict on other public values.
    #[track_caller]
    fn other_values(&mut self, change: impl Fn(&mut StatementValues), what: &str) -> &'static str {
        let mut bundle = self.model.bundle.clone();
        change(&mut bundle.values);
        verify(&self.model.key, &self.model.key.model_id(), &bundle).unwrap_err();
        let claim = Claim::new(&self.evm, &bundle).unwrap();
        let call = claim.verify(&self.key);
        self.error(&call, what)
    }

    /// Bytes of the proof at which points and scalars begin.
    fn elements(&self) -> (Vec<usize>, Vec<usize>) {
        let points = self.model.setup.point_offsets();
        let end = self.model.bundle.proof.len();
        let scalars = (64 * (points.len() - 2)..end - 128).step_by(32).collect();
        (points, scalars)
    }

    fn with_word(&self, offset: usize, word: &Word) -> Vec<u8> {
        let mut proof = self.model.bundle.proof.clone();
        proof[offset..offset + 32].copy_from_slice(word);
        proof
    }
}

const ERRORS: [&str; 17] = [
    "UnknownFunction",
    "MalformedCalldata",
    "UnknownKey",
    "MalformedKey",
    "WrongKeyDigest",
    "StatementLength",
    "ValueOutOfRange",
    "ProofLength",
    "ScalarNotCanonical",
    "CoordinateNotCanonical",
    "PointNotOnCurve",
    "PointAtInfinity",
    "DegenerateChallenge",
    "PrecompileFailed",
    "ProofInvalid",
    "EmptyBatch",
    "DifferentReferenceStrings",
];

fn name(output: &[u8]) -> Option<&'static str> {
    ERRORS
        .into_iter()
        .find(|name| output == selector(&format!("{name}()")))
}

fn add(word: &[u8], order: &str) -> Word {
    let order = hex::decode(order).unwrap();
    let (mut sum, mut carry) = ([0; 32], 0u16);
    for i in (0..32).rev() {
        let digit = u16::from(word[i]) + u16::from(order[i]) + carry;
        (sum[i], carry) = (digit as u8, digit >> 8);
    }
    assert_eq!(carry, 0);
    sum
}

const R: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
const P: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

#[test]
fn every_proof_byte_flipped() {
    let mut on_chain = on_chain(small());
    let proof = on_chain.model.bundle.proof.clone();
    for position in 0..proof.len() {
        let mut changed = proof.clone();
        changed[position] ^= 1 << (position % 8);
        on_chain.rejected(&changed, &format!("byte {position}"));
    }
}

#[test]
fn every_other_byte_of_the_call_flipped() {
    let mut on_chain = on_chain(small());
    let call = on_chain.claim().verify(&on_chain.key);
    // Selector, key, offsets, statement with its length and padding, and the proof's length.
    let end = call.len() - on_chain.model.bundle.proof.len();
    for position in 0..end {
        let mut changed = call.clone();
        changed[position] ^= 1 << (position % 8);
        on_chain.error(&changed, &format!("byte {position}"));
    }
}

#[test]
fn shapes_of_circuits() {
    for shape in [
        Shape {
            permuted: 1,
            phases: 1,
            ..small()
        },
        Shape {
            width: 5,
            permuted: 5,
            ..small()
        },
        // Pieces of the quotient at infinity.
        Shape {
            degree: Some(6),
            ..small()
        },
        Shape {
            degree: Some(9),
            permuted: 3,
            ..small()
        },
    ] {
        let mut on_chain = on_chain(shape);
        let mut changed = on_chain.model.bundle.proof.clone();
        let last_scalar = changed.len() - 129;
        changed[last_scalar] ^= 1;
        assert_eq!(on_chain.rejected(&changed, "last evaluation"), "ProofInvalid");
    }
}

#[test]
fn truncated_and_extended_calldata() {
    let mut on_chain = on_chain(small());
    let proof = on_chain.model.bundle.proof.clone();
    for length in [0, 1, 31, 32, 64, proof.len() - 32, proof.len() - 1] {
        assert_eq!(
            on_chain.rejected(&proof[..length], "truncated proof"),
            "ProofLength"
        );
    }
    for extension in [1, 31, 32, 64] {
        let extended = [proof.clone(), vec![0; extension]].concat();
        assert_eq!(on_chain.rejected(&extended, "extended proof"), "ProofLength");
    }
    let statement = on_chain.claim().statement;
    for changed in [
        &statement[..statement.len() - 1],
        &[statement.as_slice(), &[0]].concat(),
    ] {
        let claim = Claim {
            statement: changed.to_vec(),
            ..on_chain.claim()
        };
        let call = claim.verify(&on_chain.key);
        assert_eq!(
            on_chain.error(&call, "another statement length"),
            "StatementLength"
        );
    }
    let call = on_chain.claim().verify(&on_chain.key);
    for length in 4..call.len() {
        let outcome = on_chain.call(&call[..length], GAS);
        assert!(
            matches!(&outcome, Outcome::Reverted { gas, .. } if *gas < on_chain.cost),
            "{length} bytes: {outcome:?}"
        );
    }
    for extension in [1, 32, 100] {
        let extended = [call.clone(), vec![0; extension]].concat();
        assert_eq!(
            on_chain.error(&extended, "extended calldata"),
            "MalformedCalldata"
        );
    }
}

#[test]
fn non_canonical_abi_offsets() {
    let mut on_chain = on_chain(small());
    let claim = on_chain.claim();
    let (statement, proof) = (bytes(&claim.statement), bytes(&claim.proof));
    let mut key = [0; 32];
    key[12..].copy_from_slice(&on_chain.key);
    let build = |first: usize, second: usize, tail: &[&[u8]]| {
        let mut call = selector("verify(address,bytes,bytes)").to_vec();
        call.extend(key);
        call.extend(number_word(first));
        call.extend(number_word(second));
        call.extend(tail.concat());
        call
    };
    let (s, p) = (statement.len(), proof.len());
    let canonical = build(96, 96 + s, &[&statement, &proof]);
    assert_eq!(canonical, claim.verify(&on_chain.key));
    for (what, call) in [
        ("swapped order", build(96 + p, 96, &[&proof, &statement])),
        ("a gap", build(96, 128 + s, &[&statement, &[0; 32], &proof])),
        (
            "a gap in front",
            build(128, 128 + s, &[&[0; 32], &statement, &proof]),
        ),
        ("one offset for both", build(96, 96, &[&statement, &proof])),
        ("an offset that wraps", {
            let mut call = canonical.clone();
            call[36..68].copy_from_slice(&[0xff; 32]);
            call
        }),
        (
            "an offset behind the end",
            build(96, 1 << 40, &[&statement, &proof]),
        ),
        ("a dirty address", {
            let mut call = canonical.clone();
            call[4] = 1;
            call
        }),
        ("dirty padding", {
            let mut call = canonical.clone();
            let end = 4 + 96 + s;
            assert!(
                !claim.statement.len().is_multiple_of(32),
                "the statement has padding"
            );
            call[end - 1] = 1;
            call
        }),
    ] {
        assert_eq!(on_chain.error(&call, what), "MalformedCalldata", "{what}");
    }
}

#[test]
fn scalars_not_below_r() {
    let mut on_chain = on_chain(small());
    let (_, scalars) = on_chain.elements();
    for offset in scalars {
        let word = add(&on_chain.model.bundle.proof[offset..offset + 32], R);
        let proof = on_chain.with_word(offset, &word);
        assert_eq!(on_chain.rejected(&proof, "a scalar plus r"), "ScalarNotCanonical");
    }
}

#[test]
fn coordinates_not_below_p() {
    let mut on_chain = on_chain(small());
    let (points, _) = on_chain.elements();
    for offset in points.iter().flat_map(|point| [*point, point + 32]) {
        let word = add(&on_chain.model.bundle.proof[offset..offset + 32], P);
        let proof = on_chain.with_word(offset, &word);
        assert_eq!(
            on_chain.rejected(&proof, "a coordinate plus p"),
            "CoordinateNotCanonical"
        );
    }
}

#[test]
fn points_off_the_curve() {
    let mut on_chain = on_chain(small());
    let (points, _) = on_chain.elements();
    for offset in points {
        let proof = on_chain.with_word(offset, &number_word(5));
        assert_eq!(on_chain.rejected(&proof, "another x"), "PointNotOnCurve");
    }
}

#[test]
fn the_point_at_infinity() {
    let mut on_chain = on_chain(small());
    let (points, _) = on_chain.elements();
    let pieces = on_chain.model.setup.protocol.quotient_pieces();
    let first_piece = points.len() - 2 - pieces;
    for (position, offset) in points.into_iter().enumerate() {
        let mut proof = on_chain.model.bundle.proof.clone();
        proof[offset..offset + 64].fill(0);
        let is_piece = (first_piece..first_piece + pieces).contains(&position);
        let expected = if is_piece {
            "ProofInvalid"
        } else {
            "PointAtInfinity"
        };
        assert_eq!(on_chain.rejected(&proof, "infinity"), expected);
    }
}

#[test]
fn another_models_key() {
    let mut on_chain = on_chain(small());
    // The same circuit and reference string, another name: another seed.
    let mut other = on_chain.model.key.clone();
    let mut description = other.model().clone();
    description.name = "another".to_owned();
    other = hallmark_verifier::VerifyingKey::new(other.srs().clone(), description, other.circuits().to_vec())
        .unwrap();
    let evm = EvmKey::new(&other, Form::PUBLIC).unwrap();
    let key = on_chain.chain.deploy(&evm.init_code()).unwrap();
    let call = on_chain.claim().verify(&key.address);
    assert_eq!(on_chain.error(&call, "another model's key"), "ProofInvalid");
    // Addresses without a key: nobody, the verifier itself, a precompiled contract.
    for address in [[0xab; 20], on_chain.verifier, {
        let mut precompile = [0; 20];
        precompile[19] = 1;
        precompile
    }] {
        let call = on_chain.claim().verify(&address);
        assert_eq!(on_chain.error(&call, "no key"), "UnknownKey");
    }
    // What the key says of transcript, domain and reference string.
    let data = on_chain.evm.data().to_vec();
    for position in 0x60..0x220 {
        let mut changed = data.clone();
        changed[position] ^= 1 << (position % 8);
        let code = [[0].as_slice(), &changed].concat();
        let length = (code.len() as u16).to_be_bytes();
        let prefix = [
            0x61, length[0], length[1], 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3,
        ];
        let key = on_chain
            .chain
            .deploy(&[prefix.as_slice(), &code].concat())
            .unwrap();
        let call = on_chain.claim().verify(&key.address);
        on_chain.error_of(3, &call, &format!("byte {position} of the key"));
    }
}

#[test]
fn a_key_as_data() {
    let mut on_chain = on_chain(small());
    let claim = on_chain.claim();
    let call = claim.verify_with_key(&on_chain.evm);
    assert!(matches!(on_chain.call(&call, GAS), Outcome::Success { .. }));
    let mut digest = call.clone();
    digest[4] ^= 1;
    assert_eq!(on_chain.error(&digest, "another digest"), "WrongKeyDigest");
    let mut key = call.clone();
    key[4 + 4 * 32 + 32 + 300] ^= 1;
    assert_eq!(on_chain.error(&key, "another key"), "WrongKeyDigest");
    let extended = [call.clone(), vec![0; 32]].concat();
    assert_eq!(
        on_chain.error(&extended, "extended calldata"),
        "MalformedCalldata"
    );
    let mut offset = call;
    offset[4 + 3 * 32 - 1] ^= 32;
    assert_eq!(on_chain.error(&offset, "another offset"), "MalformedCalldata");
}

#[test]
fn swapped_instances() {
    let mut on_chain = on_chain(small());
    let error = on_chain.other_values(|v| v.inputs[0].swap(0, 1), "two inputs swapped");
    assert_eq!(error, "ProofInvalid");
    let error = on_chain.other_values(|v| v.outputs[0].swap(2, 3), "two outputs swapped");
    assert_eq!(error, "ProofInvalid");
    for element in 0..6 {
        let change = |v: &mut StatementValues| v.inputs[0][element] += if element == 5 { 1 } else { -1 };
        assert_eq!(on_chain.other_values(change, "another input"), "ProofInvalid");
    }
    for element in 0..4 {
        let change = |v: &mut StatementValues| v.outputs[0][element] -= 1;
        assert_eq!(on_chain.other_values(change, "another output"), "ProofInvalid");
    }
    // Values outside their intervals, [−100, 100].
    let statement = on_chain.claim().statement;
    for (position, value) in [(32, 101u8), (37, 0x9b), (41, 0x80), (38, 0x7f)] {
        let mut changed = statement.clone();
        changed[position] = value;
        let claim = Claim {
            statement: changed,
            ..on_chain.claim()
        };
        let call = claim.verify(&on_chain.key);
        assert_eq!(on_chain.error(&call, "a value out of range"), "ValueOutOfRange");
    }
}

#[test]
fn wrong_nonce() {
    let mut on_chain = on_chain(small());
    for byte in 0..32 {
        let change = |v: &mut StatementValues| v.nonce[byte] ^= 1;
        assert_eq!(on_chain.other_values(change, "another nonce"), "ProofInvalid");
    }
}

#[test]
fn precompile_failure_with_little_gas() {
    let mut on_chain = on_chain(small());
    let call = on_chain.claim().verify(&on_chain.key);
    // What a transaction with this calldata has to have at least (EIP-7623).
    let intrinsic = 21_000
        + call
            .iter()
            .map(|byte| if *byte == 0 { 10 } else { 40 })
            .sum::<u64>();
    let mut typed = 0;
    for step in 1..200 {
        let gas = intrinsic + (on_chain.cost - intrinsic) * step / 200;
        match on_chain.call(&call, gas) {
            Outcome::Success { .. } => panic!("accepted with {gas} of {} gas", on_chain.cost),
            Outcome::Reverted { output, .. } => {
                assert_eq!(name(&output), Some("PrecompileFailed"), "with {gas} gas");
                typed += 1;
            }
            Outcome::Halted { reason } => assert!(reason.contains("OutOfGas"), "{reason}"),
        }
    }
    // A call gets at most 63/64 of what is left: a little more than the cost is needed.
    assert!(typed > 20, "precompiles failed {typed} times");
    assert!(matches!(
        on_chain.call(&call, on_chain.cost + 10_000),
        Outcome::Success { .. }
    ));
}

#[test]
fn batches() {
    let mut on_chain = on_chain(small());
    let (key, claim) = (on_chain.key, on_chain.claim());
    for count in [1, 2, 3] {
        let call = verify_batch(&vec![(key, claim.clone()); count]);
        let outcome = on_chain.call(&call, MAX_GAS);
        assert!(
            matches!(outcome, Outcome::Success { .. }),
            "{outcome:?} {:?}",
            outcome.error()
        );
    }
    let (_, scalars) = on_chain.elements();
    let mut wrong = claim.clone();
    wrong.proof[scalars[3] + 31] ^= 1;
    for claims in [
        vec![(key, wrong.clone())],
        vec![(key, wrong.clone()), (key, claim.clone())],
        vec![(key, claim.clone()), (key, wrong.clone())],
        vec![(key, claim.clone()), (key, wrong), (key, claim.clone())],
    ] {
        let call = verify_batch(&claims);
        let error = on_chain.error_of(claims.len() as u64, &call, "a wrong claim");
        assert_eq!(error, "ProofInvalid");
    }
    assert_eq!(on_chain.error(&verify_batch(&[]), "no claims"), "EmptyBatch");
    let call = verify_batch(&[(key, claim.clone()), (key, claim.clone())]);
    let extended = [call.clone(), vec![0; 32]].concat();
    assert_eq!(
        on_chain.error(&extended, "extended calldata"),
        "MalformedCalldata"
    );
    for position in (4..4 + 4 * 32).chain(4 + 4 * 32 + 12..4 + 4 * 32 + 96) {
        let mut changed = call.clone();
        changed[position] ^= 1 << (position % 8);
        on_chain.error_of(2, &changed, &format!("byte {position}"));
    }
    // Another reference string.
    let other = model_of("another SRS", small(), TranscriptKind::Keccak);
    let evm = EvmKey::new(&other.key, Form::PUBLIC).unwrap();
    let deployed = on_chain.chain.deploy(&evm.init_code()).unwrap();
    let theirs = Claim::new(&evm, &other.bundle).unwrap();
    let call = verify_batch(&[(key, claim), (deployed.address, theirs)]);
    assert_eq!(
        on_chain.error_of(2, &call, "two reference strings"),
        "DifferentReferenceStrings"
    );
}

/// Without the tuple's words, a call is what it was built from.
#[test]
fn tuples_are_canonical() {
    let encoded = tuple(&[number_word(7)], &[bytes(&[1, 2, 3])]);
    let expected: Vec<u8> = [number_word(7), number_word(64), number_word(3), {
        let mut word = [0; 32];
        word[..3].copy_from_slice(&[1, 2, 3]);
        word
    }]
    .concat();
    assert_eq!(encoded, expected);
}
