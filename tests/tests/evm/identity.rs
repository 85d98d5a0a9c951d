//! What the registry knows about keys: that they stay what they were, are over its reference string, and have the hashes that a
//! registration names.

use super::{
    Model, accepted, deployed_registry, hashes, registered, registration, returned, returned_address,
    reverted,
};
use hallmark_evm::calldata::{address_word, number_word, proof_system, publish_key, selector};
use hallmark_evm::{Address, EvmKey, Inference, artifacts, keccak256};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_verifier::Form;
use hallmark_verifier::srs::PUBLIC_SECRETS;
use halo2_proofs::halo2curves::bn256::{Fq, Fr, G1, G1Affine, G2, G2Affine};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};

#[test]
fn the_registry_makes_key_contracts_itself() {
    let mut registered = registered(Form::PUBLIC);
    let code_hash = registered.model.evm.code_hash();
    assert_eq!(registered.chain.code_hash(&registered.key), code_hash);
    // Nobody else's contract becomes a key, whatever its code is now.
    let deployed = registered
        .chain
        .deploy(&registered.model.evm.init_code())
        .unwrap();
    assert_eq!(registered.chain.code_hash(&deployed.address), code_hash);
    let publish = [
        selector("publishKey(address)").as_slice(),
        &address_word(&deployed.address),
    ]
    .concat();
    assert!(matches!(registered.call(&publish), Outcome::Reverted { .. }));
    // Published again, a key stays where it is.
    let again = registered.call(&publish_key(registered.model.evm.data()));
    assert_eq!(returned_address(again), registered.key);
    let keys = [selector("keys(bytes32)").as_slice(), &code_hash].concat();
    assert_eq!(returned_address(registered.call(&keys)), registered.key);
}

/// Code that changes after it was looked at: of a key, and of the verifier.
#[test]
fn what_is_used_is_what_was_registered() {
    let mut registered = registered(Form::PUBLIC);
    let bundle = registered.model.bundle([9; 32], None);
    let inference = Inference::new(&registered.model.evm, &bundle).unwrap();
    accepted(&registered.verify(&inference));
    let outputs = [selector("outputsOf(uint256)").as_slice(), &registered.id].concat();
    accepted(&registered.call(&outputs));

    // Another key of the same form: the honest one with other commitments.
    let mut other = registered.model.evm.code();
    let last = other.len() - 1;
    other[last] ^= 1;
    registered.chain.replace_code(&registered.key, &other);
    assert!(reverted(&registered.verify(&inference), "ModelMismatch()"));
    assert!(reverted(&registered.call(&outputs), "ModelMismatch()"));
    let mut hashes = hashes(&registered.model.evm);
    hashes[0][0] ^= 1;
    let register = registration(hashes, proof_system());
    assert!(reverted(&registered.call(&register), "ModelMismatch()"));

    registered
        .chain
        .replace_code(&registered.key, &registered.model.evm.code());
    accepted(&registered.verify(&inference));
    // A verifier that accepts everything: it stops.
    registered.chain.replace_code(&registered.verifier, &[0]);
    assert!(reverted(&registered.verify(&inference), "OtherVerifier(address)"));
}

#[test]
fn a_registration_names_the_keys_own_hashes() {
    for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
        let model = Model::new(form);
        let mut chain = Chain::default();
        let (_, registry) = deployed_registry(&mut chain, &model.evm);
        let mut call = |data: &[u8]| chain.call(&registry, data, MAX_GAS).unwrap();
        accepted(&call(&publish_key(model.evm.data())));
        let with = |place: usize| {
            let mut hashes = hashes(&model.evm);
            hashes[place][31] ^= 1;
            registration(hashes, proof_system())
        };
        assert!(reverted(&call(&with(0)), "ModelHashMismatch(bytes32)"));
        assert!(reverted(&call(&with(1)), "CircuitHashMismatch(bytes32)"));
        assert!(reverted(&call(&with(2)), "KeyNotPublished(bytes32)"));
        // The same circuit, said to be another model's.
        let mut data = model.evm.data().to_vec();
        data[0x60 + 31] ^= 1;
        let published = returned_address(call(&publish_key(&data)));
        let hashes = [
            model.evm.model_id().0,
            keccak256(&data),
            chain.code_hash(&published),
        ];
        let register = registration(hashes, proof_system());
        let outcome = chain.call(&registry, &register, MAX_GAS).unwrap();
        assert!(reverted(&outcome, "ModelHashMismatch(bytes32)"), "{outcome:?}");
    }
}

/// Init code whose contract destroys itself in the transaction that makes it and then has the code at `early`, while it is before
/// `until`; afterwards it has the code at `late`.
fn changeling(until: u64, helper: &Address, early: &Address, late: &Address) -> Vec<u8> {
    let until = u32::try_from(until).unwrap().to_be_bytes();
    // TIMESTAMP < until: JUMPI to `early`.
    let mut code = [&[0x63], until.as_slice(), &[0x42, 0x10, 0x60, 0, 0x57]].concat();
    let to_early = code.len() - 2;
    // The address of `late`: JUMP to the copy.
    code.extend([&[0x73], late.as_slice(), &[0x60, 0, 0x56]].concat());
    let to_copy = code.len() - 2;
    // JUMPDEST; DELEGATECALL to the helper; the address of `early`.
    code[to_early] = code.len() as u8;
    code.extend([0x5b, 0x5f, 0x5f, 0x5f, 0x5f]);
    code.extend([&[0x73], helper.as_slice(), &[0x5a, 0xf4, 0x50, 0x73], early].concat());
    // JUMPDEST; EXTCODESIZE, EXTCODECOPY, RETURN.
    code[to_copy] = code.len() as u8;
    code.extend([0x5b, 0x80, 0x3b, 0x80, 0x5f, 0x5f, 0x84, 0x3c, 0x5f, 0xf3]);
    code
}

/// A factory that makes a contract of the init code that it is called with by CREATE2, asks `checkKey` about it in the same
/// transaction, and returns the address and whether it is a key.
fn factory(verifier: &Address) -> Vec<u8> {
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x36, 0x5f, 0x5f, 0xf5, 0x63];
    code.extend(selector("checkKey(address)"));
    code.extend([0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x80, 0x60, 0x04, 0x52]);
    code.extend([&[0x5f, 0x5f, 0x60, 0x24, 0x5f, 0x73], verifier.as_slice()].concat());
    code.extend([0x5a, 0xfa, 0x60, 0x20, 0x52, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0xf3]);
    code
}

/// An address is a key only at the moment of the question: a contract may be destroyed at the end of the transaction that makes it,
/// whatever its code begins with, and another be made there. Whoever compares the code's hash in every call is not fooled, as the
/// registry is not.
#[test]
fn the_answer_about_an_address_may_change() {
    let mut registered = registered(Form::PUBLIC);
    let honest = registered.model.evm.clone();
    let code_hash = honest.code_hash();
    let mut other = honest.code();
    let last = other.len() - 1;
    other[last] ^= 1;
    let [helper, early, late, maker] = [0xd1, 0xd2, 0xd3, 0xd4].map(|byte| [byte; 20]);
    let chain = &mut registered.chain;
    // CALLER, SELFDESTRUCT.
    chain.replace_code(&helper, &[0x33, 0xff]);
    chain.replace_code(&early, &honest.code());
    chain.replace_code(&late, &other);
    chain.replace_code(&maker, &factory(&registered.verifier));
    let init = changeling(chain.time() + 1000, &helper, &early, &late);
    let check =
        |address: &Address| [selector("checkKey(address)").as_slice(), &address_word(address)].concat();

    let answer = returned(chain.call(&maker, &init, MAX_GAS).unwrap());
    let address: Address = answer[12..32].try_into().unwrap();
    assert_eq!(answer[63], 1, "a key, in the transaction that made it");
    let outcome = chain
        .call(&registered.verifier, &check(&address), MAX_GAS)
        .unwrap();
    assert!(reverted(&outcome, "UnknownKey()"), "gone: {outcome:?}");

    chain.wait(2000);
    let again = returned(chain.call(&maker, &init, MAX_GAS).unwrap());
    assert_eq!(answer, again, "another key, at the same address");
    accepted(
        &chain
            .call(&registered.verifier, &check(&address), MAX_GAS)
            .unwrap(),
    );
    assert_eq!(chain.code_hash(&address), keccak256(&other));

    let keys = [selector("keys(bytes32)").as_slice(), &code_hash].concat();
    assert_eq!(returned_address(registered.call(&keys)), registered.key);
    assert_ne!(registered.key, address);
    assert_eq!(registered.chain.code_hash(&registered.key), code_hash);
    let bundle = registered.model.bundle([9; 32], None);
    let inference = Inference::new(&honest, &bundle).unwrap();
    accepted(&registered.verify(&inference));
}

/// One proof, two outputs: a key whose interval is wider than its numbers have bytes. The verifier refuses it, and so does what reads
/// the outputs, if a verifier were there that does not look.
#[test]
fn outputs_have_no_more_than_their_width() {
    let mut registered = registered(Form::PUBLIC);
    let data = registered.model.evm.data().to_vec();
    let entry = 0x220 + 32 * (registered.model.evm.statement().entries().len() - 1);
    let width = data[entry + 1];
    assert!(width < 8);
    let bound = 1i64 << (8 * width - 1);
    let with = |width: u8, low: i64, high: i64| {
        let mut data = data.clone();
        data[entry + 1] = width;
        data[entry + 10..entry + 18].copy_from_slice(&low.to_be_bytes());
        data[entry + 18..entry + 26].copy_from_slice(&high.to_be_bytes());
        publish_key(&data)
    };
    let wrong = [
        with(width, i64::MIN, i64::MAX),
        with(width, -bound - 1, 0),
        with(width, 0, bound),
        with(width, 1, 0),
    ];
    for call in &wrong {
        assert!(reverted(&registered.call(call), "MalformedKey()"));
    }
    accepted(&registered.call(&with(width, -bound, bound - 1)));
    // It stops, whatever it is asked.
    registered.chain.replace_code(&registered.verifier, &[0]);
    for call in wrong.iter().chain([&with(0, 0, 0), &with(9, 0, 0)]) {
        let outcome = registered.call(call);
        assert!(reverted(&outcome, "MalformedKeyData()"), "{outcome:?}");
    }
}

/// The points of a secret, as the registry's constructor takes them.
fn points(secret: Fr) -> Vec<u8> {
    let word = |coordinate: Fq| {
        let mut bytes = coordinate.to_repr().as_ref().to_vec();
        bytes.reverse();
        bytes
    };
    let first = G1Affine::from(G1::from(G1Affine::generator()) * secret);
    let second = G2Affine::from(G2::from(G2Affine::generator()) * secret);
    let imaginary = [second.x.c1, second.x.c0, second.y.c1, second.y.c0];
    [first.x, first.y]
        .into_iter()
        .chain(imaginary)
        .flat_map(word)
        .collect()
}

fn deploy(chain: &mut Chain, points: &[u8], insecure: bool) -> Result<Address, String> {
    let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
    let flag = number_word(usize::from(insecure));
    let arguments = [address_word(&verifier.address).as_slice(), points, &flag].concat();
    let init = [artifacts::registry().unwrap().init_code(), arguments];
    match chain.deploy(&init.concat()) {
        Ok(deployed) => Ok(deployed.address),
        Err(error) => Err(error.to_string()),
    }
}

/// The points of the development SRS.
fn development(key: &EvmKey) -> Vec<u8> {
    artifacts::registry_arguments(&[0; 20], key.srs(), true)[32..7 * 32].to_vec()
}

/// Secrets that everybody knows are recognised by a point, and have to be asked for.
#[test]
fn a_registry_says_if_its_reference_string_is_insecure() {
    let model = Model::new(Form::PUBLIC);
    assert!(model.evm.srs().is_insecure());
    let mut chain = Chain::default();
    let refused = |result: Result<Address, String>, error: &str| {
        let digits = hex::encode(selector(error));
        let found = result.unwrap_err();
        assert!(found.contains(&digits), "{error}: {found}");
    };
    let development = development(&model.evm);
    refused(
        deploy(&mut chain, &development, false),
        "InsecureReferenceString()",
    );
    let insecure = deploy(&mut chain, &development, true).unwrap();
    let call = selector("insecureSrs()");
    assert_eq!(returned(chain.call(&insecure, &call, MAX_GAS).unwrap())[31], 1);
    let other = deploy(&mut chain, &points(Fr::from(1 << 40)), false).unwrap();
    assert_eq!(returned(chain.call(&other, &call, MAX_GAS).unwrap())[31], 0);
    // Secrets 1 and −1 are refused whatever is said.
    for secret in [Fr::ONE, -Fr::ONE] {
        refused(
            deploy(&mut chain, &points(secret), true),
            "InsecureReferenceString()",
        );
    }
    // Points at infinity, of two secrets, off the curve, outside the field.
    let mut mixed = development.clone();
    mixed[..64].copy_from_slice(&points(Fr::from(5))[..64]);
    let mut off = development.clone();
    off[63] ^= 1;
    for wrong in [vec![0; 192], mixed, off, vec![0xff; 192]] {
        refused(deploy(&mut chain, &wrong, true), "InconsistentReferenceString()");
    }
    // Small numbers and their negatives.
    for secret in [2, 3, 1000, 1024] {
        for secret in [Fr::from(secret), -Fr::from(secret)] {
            let points = points(secret);
            refused(deploy(&mut chain, &points, false), "InsecureReferenceString()");
            deploy(&mut chain, &points, true).unwrap();
        }
    }
    deploy(&mut chain, &points(Fr::from(1025)), false).unwrap();
    // The table is the verifier's.
    let code = artifacts::registry().unwrap().init_code();
    for secret in PUBLIC_SECRETS {
        let prefix = hallmark_evm::hex::parse::<32>(secret.x).unwrap()[..8].to_vec();
        assert!(code.windows(8).any(|bytes| bytes == prefix), "{}", secret.what);
    }
    // A verifier where there is none.
    let arguments = artifacts::registry_arguments(&[9; 20], model.evm.srs(), true);
    assert!(chain.deploy(&[code, arguments].concat()).is_err());
}

/// Keys over another string are not published.
#[test]
fn a_registry_has_one_reference_string() {
    let model = Model::new(Form::PUBLIC);
    let mut chain = Chain::default();
    let own = deploy(&mut chain, &development(&model.evm), true).unwrap();
    let other = deploy(&mut chain, &points(Fr::from(1 << 40)), false).unwrap();
    let publish = publish_key(model.evm.data());
    accepted(&chain.call(&own, &publish, MAX_GAS).unwrap());
    let outcome = chain.call(&other, &publish, MAX_GAS).unwrap();
    assert!(reverted(&outcome, "OtherReferenceString(bytes32)"), "{outcome:?}");
    // Another point in the key: of the first group, of the second, and its generator.
    for at in [0xe0 + 63, 0x120 + 31, 0x1a0 + 31] {
        let mut data = model.evm.data().to_vec();
        data[at] ^= 1;
        let outcome = chain.call(&own, &publish_key(&data), MAX_GAS).unwrap();
        assert!(reverted(&outcome, "OtherReferenceString(bytes32)"), "{outcome:?}");
    }
}

/// Tables of shapes that point outside the key, or contradict the entry.
#[test]
fn shapes_lie_in_the_key() {
    let model = Model::new(Form::PUBLIC);
    let mut chain = Chain::default();
    let (_, registry) = deployed_registry(&mut chain, &model.evm);
    let honest: &EvmKey = &model.evm;
    let entry = 0x220 + 32 * (honest.statement().entries().len() - 1);
    let data = honest.data();
    let place = u32::from_be_bytes(data[entry + 28..entry + 32].try_into().unwrap()) as usize;
    let length = data.len() as u32;
    let mut mutants = Vec::new();
    for at in [
        0,
        length - 4,
        length - 3,
        length - 1,
        length,
        length + 1,
        u32::MAX - 3,
        u32::MAX,
    ] {
        mutants.push((entry + 28, at));
    }
    for rank in [0, 1000, 1 << 20, u32::MAX / 4, u32::MAX] {
        mutants.push((place, rank));
    }
    for size in [0, 1 << 16, u32::MAX] {
        mutants.push((place + 4, size));
    }
    for (at, value) in mutants {
        let mut data = data.to_vec();
        data[at..at + 4].copy_from_slice(&value.to_be_bytes());
        if data == honest.data() {
            continue;
        }
        let outcome = chain.call(&registry, &publish_key(&data), MAX_GAS).unwrap();
        assert!(
            reverted(&outcome, "MalformedKeyData()"),
            "{at:x}, {value:x}: {outcome:?}"
        );
    }
    accepted(&chain.call(&registry, &publish_key(data), MAX_GAS).unwrap());
    // What no contract holds, and what is no key.
    for data in [vec![], vec![0; 0x21f], [data, &[0; 32]].concat()] {
        let outcome = chain.call(&registry, &publish_key(&data), MAX_GAS).unwrap();
        assert!(matches!(outcome, Outcome::Reverted { .. }), "{outcome:?}");
    }
}
