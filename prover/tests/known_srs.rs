//! The verifier's table of ceremonies and public secrets, held against the programs and files that they come from.
#![allow(clippy::unwrap_used, clippy::panic)]

use hallmark_prover::srs::Srs;
use hallmark_verifier::srs::{CEREMONIES, PUBLIC_SECRETS, Provenance};
use hallmark_verifier::{SrsPoints, SrsPolicy, VerifyError};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine, G2Affine};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::group::Curve;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use rand_chacha::{ChaCha8Rng, ChaCha12Rng, ChaCha20Rng};
use rand_core::impls::{fill_bytes_via_next, next_u64_via_u32};
use rand_core::{OsRng, RngCore, SeedableRng};
use std::collections::BTreeSet;
use std::io::Cursor;

/// The first 31 powers of the ceremony's smallest published file and the first 16 of the second group, as
/// `snarkjs powersoftau truncate` would leave them.
const CEREMONY: &[u8] = include_bytes!("data/hermez_power_4.ptau");

/// Marsaglia's generator, with whose one seed many tests of halo2 circuits make their parameters.
struct XorShift([u32; 4]);

impl XorShift {
    fn of_tests() -> Self {
        let seed = [
            0x59, 0x62, 0xbe, 0x5d, 0x76, 0x3d, 0x31, 0x8d, 0x17, 0xdb, 0x37, 0x32, 0x54, 0x06, 0xbc, 0xe5,
        ];
        let word = |i: usize| u32::from_le_bytes(seed[4 * i..4 * i + 4].try_into().unwrap());
        Self([word(0), word(1), word(2), word(3)])
    }
}

impl RngCore for XorShift {
    fn next_u32(&mut self) -> u32 {
        let [x, y, z, w] = self.0;
        let t = x ^ (x << 11);
        let new = w ^ (w >> 19) ^ (t ^ (t >> 8));
        self.0 = [y, z, w, new];
        new
    }

    fn next_u64(&mut self) -> u64 {
        next_u64_via_u32(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// Numbers that people type where a seed is asked for.
const NUMBERS: [u64; 8] = [0, 1, 2, 42, 123, 1234, 1337, 12345];

/// The secret that `ParamsKZG::setup` draws first from a generator, of every fork of halo2.
fn secrets() -> Vec<(String, Fr)> {
    let mut all = vec![
        (
            "Hallmark's development SRS".to_owned(),
            Fr::random(ChaCha20Rng::from_seed(*b"hallmark development srs, INSEC!")),
        ),
        (
            "the parameters of `setup` with the xorshift seed of halo2's tests".to_owned(),
            Fr::random(XorShift::of_tests()),
        ),
    ];
    fn of<R: SeedableRng<Seed = [u8; 32]> + RngCore>(name: &str, all: &mut Vec<(String, Fr)>) {
        let zero = format!("the parameters of `setup` with an all-zero seed of {name}");
        all.push((zero, Fr::random(R::from_seed([0; 32]))));
        for number in NUMBERS {
            let words = format!("the parameters of `setup` with {name} seeded by the number {number}");
            all.push((words, Fr::random(R::seed_from_u64(number))));
        }
    }
    of::<ChaCha20Rng>("ChaCha20", &mut all);
    of::<ChaCha12Rng>("ChaCha12 (`StdRng`)", &mut all);
    of::<ChaCha8Rng>("ChaCha8", &mut all);
    all
}

fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    hallmark_verifier::hexadecimal::encode(&bytes.into_iter().collect::<Vec<_>>())
}

/// A coordinate, big endian.
fn coordinate(value: impl PrimeField<Repr = [u8; 32]>) -> String {
    hex(value.to_repr().into_iter().rev())
}

/// halo2's parameter file for a secret.
fn import(secret: Fr, name: &str) -> Srs {
    let params = ParamsKZG::<Bn256>::setup(4, Fixed::of(secret));
    assert_eq!(params.s_g2(), (G2Affine::generator() * secret).to_affine());
    let mut file = Vec::new();
    params.write(&mut file).unwrap();
    Srs::import(&mut Cursor::new(&file), name, None).unwrap()
}

/// A generator from which `Fr::random` draws one given element: its words, and then zeros.
struct Fixed(Vec<u64>);

impl Fixed {
    fn of(secret: Fr) -> Self {
        let words = secret.to_repr();
        let words = words
            .chunks(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap()));
        Self(words.rev().collect())
    }
}

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0.pop().unwrap_or_default()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

#[test]
fn the_table_of_public_secrets_is_what_the_generators_draw() {
    let expected: Vec<(String, String)> = secrets()
        .into_iter()
        .map(|(what, secret)| (what, coordinate((G1Affine::generator() * secret).to_affine().x)))
        .collect();
    let table: Vec<(String, String)> = PUBLIC_SECRETS
        .iter()
        .map(|secret| (secret.what.to_owned(), secret.x.to_owned()))
        .collect();
    let lines: String = expected
        .iter()
        .map(|(what, x)| {
            format!("    PublicSecret {{\n        what: \"{what}\",\n        x: \"{x}\",\n    }},\n")
        })
        .collect();
    assert!(table == expected, "the table should be:\n{lines}");
    let distinct: BTreeSet<_> = expected.iter().map(|(_, x)| x).collect();
    assert_eq!(distinct.len(), expected.len());
}

#[test]
fn public_secrets_are_refused_under_any_name_and_with_either_sign() {
    let strict = SrsPolicy::strict();
    for (what, secret) in secrets() {
        for secret in [secret, -secret] {
            let srs = import(secret, "powersOfTau28_hez_final_20.ptau");
            assert!(srs.is_insecure(), "{what}");
            assert_eq!(
                srs.points().provenance(),
                &Provenance::Insecure { what: what.clone() }
            );
            assert!(matches!(
                strict.check(srs.points()),
                Err(VerifyError::InsecureSrs(_))
            ));
        }
    }
    for number in [2u64, 7, 42, 1337, 0x5eed, 65_537, 1 << 20] {
        for secret in [Fr::from(number), -Fr::from(number)] {
            let srs = import(secret, "ceremony.ptau");
            assert!(
                srs.is_insecure() && strict.check(srs.points()).is_err(),
                "{number}"
            );
        }
    }
}

#[test]
fn a_ceremony_is_recognised_by_its_points_under_any_name() {
    let [ceremony] = CEREMONIES else {
        panic!("another ceremony needs a test");
    };
    let import = |name: &str| Srs::import(&mut Cursor::new(CEREMONY), name, None).unwrap();
    let srs = import("somebody's.ptau");
    let params = srs.params();
    let s_g1 = params.get_g()[1];
    let s_g2 = params.s_g2();
    let first = [s_g1.x, s_g1.y].map(coordinate);
    let second = [s_g2.x.c0, s_g2.x.c1, s_g2.y.c0, s_g2.y.c1].map(coordinate);
    assert_eq!(ceremony.s_g1.map(str::to_owned), first);
    assert_eq!(ceremony.s_g2.map(str::to_owned), second);
    assert_eq!(
        srs.points().provenance(),
        &Provenance::Ceremony { name: ceremony.name }
    );
    assert_eq!(import("another.ptau").digest(), srs.digest());
    let policy = SrsPolicy {
        refuse_insecure: true,
        only_ceremonies: true,
        only: Some(vec![srs.digest()]),
    };
    policy.check(srs.points()).unwrap();
    // Half of a ceremony is none.
    let development = Srs::development(4).unwrap();
    let mixed = SrsPoints::new(*srs.points().s_g1(), *development.points().s_g2());
    assert!(mixed.is_err());
}

#[test]
fn an_srs_of_ones_own_is_unknown_under_a_ceremonys_name() {
    let srs = import(Fr::random(OsRng), "powersOfTau28_hez_final_20.ptau");
    assert_eq!(srs.points().provenance(), &Provenance::Unknown);
    SrsPolicy::strict().check(srs.points()).unwrap();
    let ceremonies = SrsPolicy {
        only_ceremonies: true,
        ..SrsPolicy::default()
    };
    assert!(matches!(
        ceremonies.check(srs.points()),
        Err(VerifyError::UnknownSrs(_))
    ));
    let other = SrsPolicy {
        only: Some(vec![[1; 32], [2; 32]]),
        ..SrsPolicy::default()
    };
    assert!(matches!(
        other.check(srs.points()),
        Err(VerifyError::OtherSrs { .. })
    ));
}
