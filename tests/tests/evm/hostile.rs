//! Keys by strangers, alone and in a batch with a false claim under an honest key: no such batch passes, and the gas that a key can
//! burn is bounded.

use super::batch::{point, point_bytes};
use super::keys::{
    ENTRIES, FIRST_OPENING, FIRST_WORD, GENERATOR, MOST_DATA, Made, Mutant, PROOF, SECOND_OPENING, SETS,
    STATEMENT, code, mutants, number, set_number, somewhere, tables,
};
use super::{Model, accepted, reverted};
use hallmark_evm::calldata::{address_word, selector, verify_batch};
use hallmark_evm::{Address, Claim, EvmKey, KeyFault, artifacts, check_key, keccak256};
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use hallmark_verifier::Form;
use halo2_proofs::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_proofs::halo2curves::ff::{Field, FromUniformBytes, PrimeField};
use std::sync::OnceLock;

/// An honest model with a true and a false claim.
struct Honest {
    evm: EvmKey,
    truth: Claim,
    lie: Claim,
}

fn honest() -> &'static Honest {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    HONEST.get_or_init(|| {
        let model = Model::new(Form::PUBLIC);
        let bundle = model.bundle([7; 32], None);
        let truth = Claim::new(&model.evm, &bundle).unwrap();
        let mut lie = truth.clone();
        // An output of the statement: still within its interval.
        let last = lie.statement.len() - 1;
        lie.statement[last] ^= 1;
        Honest {
            evm: model.evm,
            truth,
            lie,
        }
    })
}

/// A chain with the verifier and an honest key, where strangers' keys come and go.
struct Ground {
    chain: Chain,
    verifier: Address,
    key: Address,
    placed: usize,
}

impl Ground {
    fn new() -> Self {
        let mut chain = Chain::default();
        let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
        let key = chain.deploy(&honest().evm.init_code()).unwrap();
        Self {
            chain,
            verifier: verifier.address,
            key: key.address,
            placed: 0,
        }
    }

    fn place(&mut self, data: &[u8]) -> Address {
        self.placed += 1;
        let address = somewhere(self.placed);
        self.chain.replace_code(&address, &code(data));
        address
    }

    fn call(&mut self, data: &[u8]) -> Outcome {
        self.chain.call(&self.verifier, data, MAX_GAS).unwrap()
    }

    fn batch(&mut self, claims: &[(Address, Claim)]) -> Outcome {
        self.call(&verify_batch(claims))
    }

    /// A stranger's claim that holds alone, with claims of the honest key at each place of a batch: the true ones stay true, which
    /// they would not if the stranger's key left anything behind, and the false one false. Returns whether the stranger's claim
    /// also holds behind another's: a key may read words that it has not written, which spoils its own claim.
    fn speaks_for_itself_only(&mut self, what: &str, stranger: &(Address, Claim)) -> bool {
        let truth = (self.key, honest().truth.clone());
        let lie = (self.key, honest().lie.clone());
        let outcome = self.batch(&[stranger.clone(), truth.clone()]);
        assert!(matches!(outcome, Outcome::Success { .. }), "{what}: {outcome:?}");
        let outcome = self.batch(&[truth.clone(), stranger.clone(), truth.clone()]);
        let holds = matches!(outcome, Outcome::Success { .. });
        assert!(
            holds || reverted(&outcome, "ProofInvalid()"),
            "{what}: {outcome:?}"
        );
        for claims in [
            vec![stranger.clone(), lie.clone()],
            vec![lie, stranger.clone(), truth],
        ] {
            let outcome = self.batch(&claims);
            assert!(reverted(&outcome, "ProofInvalid()"), "{what}: {outcome:?}");
        }
        holds
    }
}

/// A claim of the form that a key asks for, as far as it is small.
fn claim_for(data: &[u8]) -> Claim {
    let resized = |bytes: &[u8], place: usize| {
        let mut bytes = bytes.to_vec();
        if let Ok(length @ ..=0x20000) = usize::try_from(number(data, place)) {
            bytes.resize(length, 0);
        }
        bytes
    };
    Claim {
        statement: resized(&honest().truth.statement, STATEMENT),
        proof: resized(&honest().truth.proof, PROOF),
    }
}

/// What docs/evm.md says that a call costs at most, whatever the key: intrinsic gas and the call's bytes not counted.
fn most_gas(key: usize, claim: &Claim) -> u64 {
    let (key, statement, proof) = (key as u64, claim.statement.len() as u64, claim.proof.len() as u64);
    800_000 + 150 * key + 700 * statement + 120 * proof
}

fn calldata_gas(call: &[u8]) -> u64 {
    21_000
        + call
            .iter()
            .map(|byte| if *byte == 0 { 4 } else { 16 })
            .sum::<u64>()
}

/// Every count, entry, interval, size, segment and class of operand, changed, of an honest key and of one that accepts all. Those
/// that still are keys and accept their claim are put first, in the middle and last in a batch.
#[test]
fn no_changed_key_makes_a_false_claim_pass() {
    let mut ground = Ground::new();
    let data = honest().evm.data();
    let alone = ground.call(&honest().lie.verify(&ground.key.clone()));
    assert!(reverted(&alone, "ProofInvalid()"), "{alone:?}");
    let (mut refused, mut accepting, mut behind) = (0, 0, 0);
    let all = [mutants(data), mutants(&accepts_all(data))].concat();
    for Mutant { what, data } in &all {
        let stranger = (ground.place(data), claim_for(data));
        // The check of the key alone is the one of `check_key`.
        let check = [
            selector("checkKey(address)").as_slice(),
            &address_word(&stranger.0),
        ]
        .concat();
        let outcome = ground.call(&check);
        let fault = check_key(data);
        assert_eq!(
            matches!(outcome, Outcome::Success { .. }),
            fault.is_ok(),
            "{what}: {fault:?}, {outcome:?}"
        );
        refused += usize::from(fault.is_err());
        let call = stranger.1.verify(&stranger.0);
        let outcome = ground.call(&call);
        let gas = outcome.gas().unwrap_or(u64::MAX);
        let most = most_gas(data.len(), &stranger.1);
        assert!(gas <= calldata_gas(&call) + most, "{what}: {gas}, at most {most}");
        // A batch has one reference string.
        let reference = 0xe0..ENTRIES;
        let same = data[reference.clone()] == honest().evm.data()[reference];
        if same && matches!(outcome, Outcome::Success { .. }) {
            assert_eq!(fault, Ok(()), "{what}");
            behind += usize::from(ground.speaks_for_itself_only(what, &stranger));
            accepting += 1;
        }
    }
    assert!(refused > all.len() / 2, "{refused} of {}", all.len());
    assert!(accepting > 50, "{accepting} of {}", all.len());
    assert!(10 * behind > 9 * accepting, "{behind} of {accepting}");
    // The honest batch holds.
    let truth = (ground.key, honest().truth.clone());
    accepted(&ground.batch(&[truth.clone(), truth]));
}

/// Accepts every well-formed proof of every well-formed statement: it opens nothing, and the opening's points are at infinity.
fn accepts_all(honest: &[u8]) -> Vec<u8> {
    let mut data = honest.to_vec();
    let [_, pool, ..] = tables(honest);
    data[pool..pool + 64].fill(0);
    let infinity = u32::from(FIRST_WORD) + (pool / 32) as u32;
    set_number(&mut data, SETS, 0);
    // Sizes of sets took up one word, which belongs to the schedule now: move that up.
    let [.., before, _] = tables(honest);
    let [.., after, _] = tables(&data);
    data.copy_within(before.., after);
    set_number(&mut data, FIRST_OPENING, infinity);
    set_number(&mut data, SECOND_OPENING, infinity);
    data
}

/// A key that accepts whatever it is shown is its maker's affair, and nobody else's.
#[test]
fn a_key_that_accepts_all_speaks_for_itself_only() {
    let mut ground = Ground::new();
    let data = accepts_all(honest().evm.data());
    check_key(&data).unwrap();
    let stranger = (ground.place(&data), honest().lie.clone());
    accepted(&ground.call(&stranger.1.verify(&stranger.0)));
    accepted(&ground.batch(&[stranger.clone(), stranger.clone()]));
    assert!(ground.speaks_for_itself_only("accepts all", &stranger));
    // Its program and its operands below the key, where a batch's sums could lie.
    let [_, _, program, openings, ..] = tables(&data);
    for at in (program..openings).step_by(2) {
        let mut data = data.clone();
        data[at..at + 2].copy_from_slice(&[0, 4]);
        let stranger = (ground.place(&data), honest().lie.clone());
        assert!(reverted(&ground.batch(&[stranger]), "MalformedKey()"));
    }
}

/// The key's last entry, its output, with another width and interval.
fn with_interval(data: &[u8], width: u8, low: i64, high: i64) -> Vec<u8> {
    let [end, ..] = tables(data);
    let entry = end - 32;
    let mut data = data.to_vec();
    data[entry + 1] = width;
    data[entry + 10..entry + 18].copy_from_slice(&low.to_be_bytes());
    data[entry + 18..entry + 26].copy_from_slice(&high.to_be_bytes());
    data
}

/// What a proof speaks about are bytes: an interval with several numbers that have the same ones would let whoever shows the proof choose
/// between them.
#[test]
fn an_interval_is_as_wide_as_its_entry() {
    let mut ground = Ground::new();
    let made = |width: u8| Made {
        log_rows: 4,
        columns: 1,
        rows: 3,
        challenges: 8,
        segments: vec![[0, 8, 0], [2, 0, 128]],
        outputs: vec![[u32::from(width), 1]],
        ..Made::default()
    };
    for width in 1..=8 {
        let data = made(width).data(honest().evm.data());
        let (low, high) = (i64::MIN >> (64 - 8 * width), i64::MAX >> (64 - 8 * width));
        let mut cases = vec![
            (low, high, true),
            (low, low, true),
            (high, high, true),
            (0, 0, true),
            (1, 0, false),
            (high, low, false),
        ];
        if width < 8 {
            cases.extend([
                (low - 1, high, false),
                (low, high + 1, false),
                (i64::MIN, i64::MAX, false),
                (high + 1, high + 1, false),
                (low - 1, low - 1, false),
                (0, i64::MAX, false),
            ]);
        }
        for (low, high, good) in cases {
            let data = with_interval(&data, width, low, high);
            let key = ground.place(&data);
            let check = [selector("checkKey(address)").as_slice(), &address_word(&key)].concat();
            let outcome = ground.call(&check);
            let expected = if good { Ok(()) } else { Err(KeyFault::Entry(1)) };
            assert_eq!(check_key(&data), expected, "{width}, {low} to {high}");
            assert_eq!(
                matches!(outcome, Outcome::Success { .. }),
                good,
                "{width}, {low} to {high}"
            );
            assert!(good || reverted(&outcome, "MalformedKey()"), "{outcome:?}");
        }
    }
}

/// The field element that contracts take a hash for.
fn scalar(hash: [u8; 32]) -> Fr {
    let mut wide = [0; 64];
    for (to, from) in wide.iter_mut().zip(hash.iter().rev()) {
        *to = *from;
    }
    Fr::from_uniform_bytes(&wide)
}

/// A key whose equation has both sides at the claimant's will, chosen after all its challenges: the last segment are the two points
/// `left` and `w`, and the other side is `u·left − w`.
struct Free {
    data: Vec<u8>,
    /// Its last challenge.
    u: Fr,
}

const NONCE: [u8; 32] = [0x42; 32];

impl Free {
    fn new() -> Self {
        let mut made = Made {
            log_rows: 4,
            columns: 1,
            rows: 2,
            challenges: 8,
            segments: vec![[0, 8, 0], [2, 0, 128]],
            ..Made::default()
        };
        // Key; challenges, derived registers with one column, the quotient, x's inverse and product; domain, seed and representation,
        // two cells, a state.
        let key = made.data(honest().evm.data()).len() as u32;
        let left = (0x460 + key) / 32 + 8 + 6 + 1 + 2 + 3 + 2 + 1;
        made.opened = [left + 2, left];
        let data = made.data(honest().evm.data());
        check_key(&data).unwrap();
        let domain = keccak256(b"hallmark keccak transcript v1\0");
        let (mut high, mut low) = ([0; 32], [0; 32]);
        high[16..].copy_from_slice(&NONCE[..16]);
        low[16..].copy_from_slice(&NONCE[16..]);
        let mut state = keccak256(&[domain.as_slice(), &data[0x60..0xa0], &high, &low].concat());
        for _ in 1..8 {
            state = keccak256(&state);
        }
        Self {
            data,
            u: scalar(state),
        }
    }

    /// The claim with `left` and `right` as multiples of the generator.
    fn claim(&self, left: Fr, right: Fr) -> Claim {
        Claim {
            statement: NONCE.to_vec(),
            proof: [multiple(left), multiple(self.u * left - right)].concat(),
        }
    }

    /// The claim whose `left` is the generator and whose `right` is its multiple by the SRS's secret, which holds.
    fn true_claim(&self) -> Claim {
        let (first, _) = honest().evm.srs_words();
        let generator = G1::from(G1Affine::generator());
        let w = G1Affine::from(generator * self.u - point(&first.concat()));
        Claim {
            statement: NONCE.to_vec(),
            proof: [multiple(Fr::ONE), point_bytes(w)].concat(),
        }
    }
}

/// A multiple of the generator, zeros at infinity.
fn multiple(scalar: Fr) -> Vec<u8> {
    match scalar == Fr::ZERO {
        true => vec![0; 64],
        false => point_bytes(G1Affine::from(G1::from(G1Affine::generator()) * scalar)),
    }
}

/// Whoever makes a key can choose both sides of its equation, and knows those of all claims before it. The factor by which an equation
/// enters the sum is a hash of these sides: what would cancel an error is not known before it is fixed.
#[test]
fn no_equation_cancels_a_false_one() {
    let mut ground = Ground::new();
    let free = Free::new();
    let key = ground.place(&free.data);
    let one = Fr::ONE;
    // It works as thought: 0 = 0 and 1·s = s, but not 1·s = 1.
    accepted(&ground.call(&free.claim(Fr::ZERO, Fr::ZERO).verify(&key)));
    accepted(&ground.call(&free.true_claim().verify(&key)));
    let lie = (key, free.claim(one, one));
    assert!(reverted(&ground.call(&lie.1.verify(&key)), "ProofInvalid()"));
    let first = keccak256(
        &[
            keccak256(b"hallmark keccak transcript v1\0").as_slice(),
            &multiple(one),
            &multiple(one),
        ]
        .concat(),
    );
    for guess in [Fr::ZERO, one, -one] {
        // The factor of a second claim with these sides.
        let factor = scalar(keccak256(
            &[first.as_slice(), &multiple(guess), &multiple(guess)].concat(),
        ));
        for factor in [one, factor] {
            let cancelling = -factor.invert().unwrap();
            let other = (key, free.claim(cancelling, cancelling));
            let outcome = ground.batch(&[lie.clone(), other.clone()]);
            assert!(reverted(&outcome, "ProofInvalid()"), "{outcome:?}");
            let outcome = ground.batch(&[other, lie.clone()]);
            assert!(reverted(&outcome, "ProofInvalid()"), "{outcome:?}");
        }
    }
    // Several that hold do hold together.
    let truth = (ground.key, honest().truth.clone());
    let nothing = (key, free.claim(Fr::ZERO, Fr::ZERO));
    accepted(&ground.batch(&[nothing.clone(), truth.clone(), nothing, truth]));
    assert_eq!(Fr::NUM_BITS, 254);
    assert_eq!(point_bytes(point(&multiple(one))), multiple(one));
}

/// Keys that ask for as much as they can, of each kind of work.
fn greedy() -> Vec<(&'static str, Made)> {
    let small = Made {
        log_rows: 28,
        blinding: 255,
        columns: 1,
        rows: 2,
        challenges: 63,
        segments: vec![[0, 63, 0], [1, 0, 128]],
        ..Made::default()
    };
    let words = (MOST_DATA - 0x220 - 3 * 32) / 32;
    let members = 23_400 / 66;
    vec![
        (
            "program",
            Made {
                program: words,
                ..small.clone()
            },
        ),
        (
            "points",
            Made {
                points: words,
                ..small.clone()
            },
        ),
        (
            "pool",
            Made {
                pool: words,
                ..small.clone()
            },
        ),
        (
            "values",
            Made {
                openings: vec![FIRST_WORD; 11_500],
                sets: vec![[(11_499 / 3) as u16, 1]],
                ..small.clone()
            },
        ),
        (
            "commitments",
            Made {
                pool: 2 * members,
                openings: vec![GENERATOR; members],
                sets: vec![[0, members as u16]],
                ..small.clone()
            },
        ),
        (
            "sets",
            Made {
                sets: vec![[0, 0]; 5_800],
                ..small.clone()
            },
        ),
        (
            "sets of one point",
            Made {
                openings: vec![FIRST_WORD; 2 * 2_900],
                sets: vec![[1, 0]; 2_900],
                ..small.clone()
            },
        ),
        (
            "segments",
            Made {
                segments: [vec![[0, 63, 0]; 1], vec![[1, 0, 0]; 5_700], vec![[1, 0, 128]]].concat(),
                ..small.clone()
            },
        ),
        (
            "entries",
            Made {
                outputs: vec![[1, 1]; 700],
                rows: 702,
                ..small.clone()
            },
        ),
        (
            "empty entries",
            Made {
                outputs: vec![[1, 0]; 700],
                ..small.clone()
            },
        ),
        (
            "values of the statement",
            Made {
                outputs: vec![[1, 4_000]],
                rows: 4_002,
                ..small.clone()
            },
        ),
        (
            "columns",
            Made {
                outputs: vec![[1, 2_000]],
                columns: 2_002,
                rows: 1,
                ..small.clone()
            },
        ),
        (
            "commitments of the proof",
            Made {
                openings: vec![GENERATOR; 1_000],
                sets: vec![[0, 1_000]],
                segments: vec![[0, 63, 0], [2, 0, 64 * 1_000]],
                ..small.clone()
            },
        ),
        (
            "points of the proof",
            Made {
                segments: vec![[0, 63, 0], [2, 0, 64 * 1_000]],
                ..small.clone()
            },
        ),
        ("nothing", small),
    ]
}

#[test]
fn greedy_keys_burn_no_more_than_stated() {
    let mut ground = Ground::new();
    for (what, made) in greedy() {
        let data = made.data(honest().evm.data());
        assert!(data.len() <= MOST_DATA, "{what}: {} bytes", data.len());
        assert_eq!(check_key(&data), Ok(()), "{what}");
        let mut claim = Claim {
            statement: vec![0; number(&data, STATEMENT) as usize],
            proof: vec![0; number(&data, PROOF) as usize],
        };
        // Points of the last segment that are on the curve, where none may be at infinity.
        let generator = multiple(Fr::ONE);
        let end = claim.proof.len();
        for place in [end.saturating_sub(128), end.saturating_sub(64)] {
            claim.proof[place..place + 64].copy_from_slice(&generator);
        }
        let key = ground.place(&data);
        let call = claim.verify(&key);
        let outcome = ground.call(&call);
        let gas = outcome
            .gas()
            .unwrap_or(u64::MAX)
            .saturating_sub(calldata_gas(&call));
        let most = most_gas(data.len(), &claim);
        assert!(gas <= most, "{what}: {gas} gas, stated are {most}");
        // It got to the end: nothing that a key asks for was refused on the way.
        assert!(
            reverted(&outcome, "ProofInvalid()") || reverted(&outcome, "PrecompileFailed()"),
            "{what}: {outcome:?}"
        );
    }
}
