//! The consumer: who is paid, when, and by which proof; and what real values integers stand for.

use super::{Model, Registered, accepted, hashes, registered, registration, returned, reverted};
use hallmark_evm::calldata::{
    Word, address_word, bytes, number_word, proof_system, publish_key, selector, signed_word,
};
use hallmark_evm::{Address, Inference, artifacts, keccak256};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome, SENDER};
use hallmark_verifier::Form;

const SALT: Word = [0x5a; 32];
/// The contract's `REVEAL_DELAY`.
const DELAY: u64 = 60;
/// Seconds for which a bounty is open.
const OPEN: u64 = 10_000;

fn least() -> Word {
    let mut word = Word::default();
    word[0] = 0x80;
    word
}

fn greatest() -> Word {
    let mut word = [0xff; 32];
    word[0] = 0x7f;
    word
}

fn view(signature: &str, arguments: &[u8]) -> Vec<u8> {
    [selector(signature).as_slice(), arguments].concat()
}

/// A bounty under way.
struct Bounty<'a> {
    chain: &'a mut Chain,
    address: Address,
}

impl<'a> Bounty<'a> {
    fn new(chain: &'a mut Chain, registry: &Address, id: &Word, label: usize, least: Word) -> Self {
        let deadline = number_word((chain.time() + OPEN) as usize);
        let arguments = [address_word(registry), *id, number_word(label), least, deadline];
        let init = [artifacts::bounty().unwrap().init_code(), arguments.concat()];
        let address = chain.deploy(&init.concat()).unwrap().address;
        Self { chain, address }
    }

    fn call(&mut self, data: &[u8]) -> Outcome {
        self.chain.call(&self.address, data, MAX_GAS).unwrap()
    }

    fn nonce(&mut self) -> Word {
        let call = view("nonceOf(address)", &address_word(&SENDER));
        returned(self.call(&call)).try_into().unwrap()
    }

    /// The proof that [`SENDER`] claims with.
    fn inference(&mut self, model: &Model) -> Inference {
        let nonce = self.nonce();
        Inference::new(&model.evm, &model.bundle(nonce, None)).unwrap()
    }

    fn commit(&mut self, inputs: &[u8]) -> Outcome {
        let arguments = tuple_of_three(address_word(&SENDER), bytes(inputs), SALT);
        let call = view("commitmentOf(address,bytes,bytes32)", &arguments);
        let commitment = returned(self.call(&call));
        self.call(&view("commit(bytes32)", &commitment))
    }

    fn claim(&mut self, inference: &Inference) -> Outcome {
        let tails = [
            bytes(&inference.inputs),
            bytes(&inference.output),
            bytes(&inference.proof),
        ];
        // inputs, salt, output, proof
        let mut offset = 4 * 32;
        let mut head = Vec::new();
        for (position, tail) in tails.iter().enumerate() {
            head.extend(number_word(offset));
            if position == 0 {
                head.extend(SALT);
            }
            offset += tail.len();
        }
        self.call(&view(
            "claim(bytes,bytes32,bytes,bytes)",
            &[head, tails.concat()].concat(),
        ))
    }

    fn withdraw(&mut self) -> Outcome {
        self.call(&view("withdraw(address)", &address_word(&SENDER)))
    }

    /// Commits and waits.
    fn committed(&mut self, inference: &Inference) {
        accepted(&self.commit(&inference.inputs));
        self.chain.wait(DELAY);
    }
}

/// (word, dynamic, word)
fn tuple_of_three(first: Word, tail: Vec<u8>, last: Word) -> Vec<u8> {
    [first.as_slice(), &number_word(3 * 32), &last, &tail].concat()
}

fn label_of(scores: &[i64]) -> usize {
    (0..scores.len())
        .max_by_key(|i| (scores[*i], std::cmp::Reverse(*i)))
        .unwrap()
}

fn label(model: &Model) -> usize {
    label_of(&model.bundle([0; 32], None).values.outputs[0])
}

#[test]
fn a_bounty_is_paid_on_a_proven_prediction() {
    let Registered {
        model,
        mut chain,
        registry,
        id,
        ..
    } = registered(Form::PUBLIC);
    let label = label(&model);
    for (label, least, error) in [
        (label + 1, least(), "OtherLabel(uint256)"),
        (label, greatest(), "ScoreTooLow(int256)"),
    ] {
        let mut bounty = Bounty::new(&mut chain, &registry, &id, label, least);
        let inference = bounty.inference(&model);
        bounty.committed(&inference);
        let outcome = bounty.claim(&inference);
        assert!(reverted(&outcome, error), "{error}: {outcome:?}");
    }
    let mut bounty = Bounty::new(&mut chain, &registry, &id, label, least());
    let inference = bounty.inference(&model);
    bounty.committed(&inference);
    accepted(&bounty.claim(&inference));
    assert!(reverted(&bounty.claim(&inference), "Closed()"));
    assert!(reverted(&bounty.withdraw(), "Closed()"));
}

/// A proof is for one chain, one contract and one claimant.
#[test]
fn one_proof_is_not_paid_by_two_bounties() {
    let Registered {
        model,
        mut chain,
        registry,
        id,
        ..
    } = registered(Form::PUBLIC);
    let label = label(&model);
    let inference = Bounty::new(&mut chain, &registry, &id, label, least()).inference(&model);
    let mut other = Bounty::new(&mut chain, &registry, &id, label, least());
    assert_ne!(other.nonce(), inference.nonce);
    other.committed(&inference);
    assert!(reverted(&other.claim(&inference), "InvalidProof()"));
    // A nonce that is the claimant's address alone.
    let bundle = model.bundle(address_word(&SENDER), None);
    let inference = Inference::new(&model.evm, &bundle).unwrap();
    assert!(reverted(&other.claim(&inference), "InvalidProof()"));
}

/// Whoever sees an input in a claim cannot claim with it in time.
#[test]
fn an_input_is_committed_to_before_it_is_shown() {
    let Registered {
        model,
        mut chain,
        registry,
        id,
        ..
    } = registered(Form::PUBLIC);
    let label = label(&model);
    let mut bounty = Bounty::new(&mut chain, &registry, &id, label, least());
    let inference = bounty.inference(&model);
    assert!(reverted(&bounty.claim(&inference), "NotCommitted()"));
    accepted(&bounty.commit(&inference.inputs));
    assert!(reverted(&bounty.claim(&inference), "TooEarly(uint256)"));
    bounty.chain.wait(DELAY - 1);
    assert!(reverted(&bounty.claim(&inference), "TooEarly(uint256)"));
    // A repeated commitment does not change the first one's time.
    accepted(&bounty.commit(&inference.inputs));
    bounty.chain.wait(1);
    accepted(&bounty.claim(&inference));
}

#[test]
fn the_sponsor_gets_the_prize_back() {
    let Registered {
        model,
        mut chain,
        registry,
        id,
        ..
    } = registered(Form::PUBLIC);
    let label = label(&model);
    let mut bounty = Bounty::new(&mut chain, &registry, &id, label, least());
    let inference = bounty.inference(&model);
    bounty.committed(&inference);
    assert!(reverted(&bounty.withdraw(), "StillOpen()"));
    bounty.chain.wait(OPEN);
    assert!(reverted(&bounty.claim(&inference), "DeadlinePassed()"));
    accepted(&bounty.withdraw());
    assert!(reverted(&bounty.withdraw(), "Closed()"));

    let mut bounty = Bounty::new(&mut chain, &registry, &id, label, least());
    assert!(reverted(&bounty.withdraw(), "StillOpen()"));
    let deprecate = view("deprecateModel(uint256)", &id);
    accepted(&bounty.chain.call(&registry, &deprecate, MAX_GAS).unwrap());
    accepted(&bounty.withdraw());
}

/// Keys that say another scale than the model has, over the same circuit: what the bounty takes for the score.
#[test]
fn scores_of_every_scale_are_right_or_refused() {
    let Registered {
        model,
        mut chain,
        registry,
        ..
    } = registered(Form::PUBLIC);
    let scores = model.bundle([0; 32], None).values.outputs[0].clone();
    let label = label_of(&scores);
    let value = scores[label];
    assert_ne!(value, 0);
    let product = i128::from(value) * 1_000_000_000_000_000_000;
    let entries = model.evm.statement().entries().len();
    for scale in [
        0i16,
        1,
        12,
        127,
        254,
        255,
        256,
        257,
        300,
        i16::MAX,
        -1,
        -96,
        -255,
        -256,
        -300,
        i16::MIN,
    ] {
        let mut data = model.evm.data().to_vec();
        data[0x220 + 32 * (entries - 1) + 26..][..2].copy_from_slice(&scale.to_be_bytes());
        let published = chain.call(&registry, &publish_key(&data), MAX_GAS).unwrap();
        let key = returned(published);
        let hash = chain.code_hash(&key[12..32].try_into().unwrap());
        let mut hashes = hashes(&model.evm);
        hashes[1] = keccak256(&data);
        hashes[2] = hash;
        let register = registration(hashes, proof_system());
        // The honest key is registered already.
        let Outcome::Success { output, .. } = chain.call(&registry, &register, MAX_GAS).unwrap() else {
            assert_eq!(data, model.evm.data());
            continue;
        };
        let id: Word = output.try_into().unwrap();
        let mut bounty = Bounty::new(&mut chain, &registry, &id, label, greatest());
        let inference = bounty.inference(&model);
        bounty.committed(&inference);
        let outcome = bounty.claim(&inference);
        let Outcome::Reverted { output, .. } = &outcome else {
            panic!("{scale}: {outcome:?}")
        };
        let expected = match scale {
            0.. => Some(word_of(if scale < 127 { product / (1 << scale) } else { 0 })),
            -1 => Some(word_of(2 * product)),
            -96 => Some(shifted(word_of(product), 12)),
            _ => None,
        };
        match expected {
            Some(score) => {
                assert!(reverted(&outcome, "ScoreTooLow(int256)"), "{scale}: {outcome:?}");
                assert_eq!(output[4..], score, "{scale}");
            }
            None => assert!(
                reverted(&outcome, "WadOverflow(int256,int256)"),
                "{scale}: {outcome:?}"
            ),
        }
    }
}

fn word_of(value: i128) -> Word {
    let mut word = signed_word(&if value < 0 { -1 } else { 0 });
    word[16..].copy_from_slice(&value.to_be_bytes());
    word
}

/// Times 2^(8·bytes).
fn shifted(word: Word, bytes: usize) -> Word {
    let mut result = Word::default();
    result[..32 - bytes].copy_from_slice(&word[bytes..]);
    result
}
