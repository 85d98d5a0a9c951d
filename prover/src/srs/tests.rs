use super::*;
use crate::ProverError;
use crate::cache::Cache;
use crate::observer::Silent;
use halo2_proofs::SerdeFormat;
use halo2_proofs::arithmetic::{CurveAffine, best_multiexp};
use halo2_proofs::halo2curves::bn256::{Bn256, G1Affine, G2Affine};
use halo2_proofs::halo2curves::bn256::{Fq, Fq2, Fr};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::group::{Curve, Group};
use halo2_proofs::halo2curves::serde::SerdeObject;
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use rand_core::OsRng;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Mutex;

mod hostile;
mod stored;

const POWER: u32 = 5;

/// A secret that is none of those that are recognised.
fn own_secret() -> Fr {
    Fr::from(0x5eed).pow([5])
}

/// A .ptau file with `tau`, as snarkjs writes it.
fn ptau(tau: Fr) -> Vec<u8> {
    let count = (1usize << (POWER + 1)) - 1;
    let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |power| Some(power * tau))
        .take(count)
        .collect();
    let g1: Vec<u8> = powers
        .iter()
        .flat_map(|power| (G1Affine::generator() * power).to_affine().to_raw_bytes())
        .collect();
    let g2: Vec<u8> = powers[..1 << POWER]
        .iter()
        .flat_map(|power| (G2Affine::generator() * power).to_affine().to_raw_bytes())
        .collect();
    let mut modulus = (-Fq::ONE).to_bytes();
    modulus[0] += 1;
    let header = [
        &32u32.to_le_bytes()[..],
        &modulus,
        &POWER.to_le_bytes(),
        &POWER.to_le_bytes(),
    ]
    .concat();
    let mut file = [&b"ptau"[..], &1u32.to_le_bytes(), &4u32.to_le_bytes()].concat();
    for (kind, body) in [(1u32, header), (2, g1), (7, vec![9; 17]), (3, g2)] {
        file.extend(kind.to_le_bytes());
        file.extend((body.len() as u64).to_le_bytes());
        file.extend(body);
    }
    file
}

/// Byte offsets of the contents of sections 2 and 3 in [`ptau`]'s files.
const G1_START: usize = 12 + 12 + 44 + 12;
const G2_START: usize = G1_START + 63 * 64 + 12 + 17 + 12;

fn import(bytes: &[u8], k: Option<u32>) -> Result<Srs, ProverError> {
    Srs::import(&mut Cursor::new(bytes), "test.ptau", k)
}

fn commitments_agree(srs: &Srs) {
    let domain = halo2_proofs::poly::EvaluationDomain::<Fr>::new(1, srs.k());
    let values: Vec<Fr> = (0..1u64 << srs.k()).map(|i| Fr::from(i * i + 7)).collect();
    let by_values = best_multiexp(&values, &srs.params().get_g_lagrange());
    let coefficients = domain.lagrange_to_coeff(domain.lagrange_from_vec(values));
    assert_eq!(best_multiexp(&coefficients, srs.params().get_g()), by_values);
}

trait Lagrange {
    fn get_g_lagrange(&self) -> Vec<G1Affine>;
}

impl Lagrange for ParamsKZG<Bn256> {
    /// Commitments to the unit vectors.
    fn get_g_lagrange(&self) -> Vec<G1Affine> {
        use halo2_proofs::poly::{EvaluationDomain, commitment::Blind};
        let domain = EvaluationDomain::<Fr>::new(1, self.k());
        (0..1usize << self.k())
            .map(|index| {
                let mut unit = domain.empty_lagrange();
                unit[index] = Fr::ONE;
                self.commit_lagrange(&unit, Blind::default()).to_affine()
            })
            .collect()
    }
}

#[test]
fn development_equals_the_stock_setup_and_is_insecure() {
    let srs = Srs::development(5).unwrap();
    let stock = development::seeded(5);
    let bytes = |params: &ParamsKZG<Bn256>| {
        let mut bytes = Vec::new();
        params.write_custom(&mut bytes, SerdeFormat::RawBytes).unwrap();
        bytes
    };
    assert_eq!(bytes(srs.params()), bytes(&stock));
    assert!(srs.is_insecure());
    assert!(srs.name().contains("INSECURE"));
    assert_eq!(srs.digest(), Srs::development_digest());
    // Golden: the digest is part of every key made with this SRS.
    assert_eq!(
        hex(&srs.digest()),
        "d68f877256c36d69ca9e20e93f24237f2e58cb50da4633b8918a7e55e414b5fa"
    );
    check::powers(srs.params().get_g(), &srs.params().s_g2()).unwrap();
}

#[test]
fn sizes_outside_the_limits_are_refused() {
    for k in [0, 3, 25, 64, u32::MAX] {
        assert!(
            matches!(Srs::development(k), Err(ProverError::Size { .. })),
            "{k}"
        );
    }
}

#[test]
fn ptau_is_imported_for_every_size() {
    let file = ptau(own_secret());
    let full = import(&file, None).unwrap();
    assert_eq!(
        (full.k(), full.is_insecure(), full.name()),
        (POWER, false, "test.ptau")
    );
    commitments_agree(&full);
    let small = import(&file, Some(4)).unwrap();
    commitments_agree(&small);
    assert_eq!(
        small.digest(),
        full.digest(),
        "the digest does not depend on the size"
    );
    assert_eq!(
        full.downsized(4).unwrap().params().get_g(),
        small.params().get_g()
    );
    assert!(matches!(
        import(&file, Some(6)),
        Err(ProverError::SrsTooSmall {
            available: 5,
            needed: 6,
            ..
        })
    ));
    assert_ne!(
        small.digest(),
        import(&ptau(own_secret() + Fr::ONE), None).unwrap().digest()
    );
}

#[test]
fn a_ptau_with_the_public_secret_is_recognised_as_insecure() {
    use rand_core::SeedableRng;
    let secret = Fr::random(rand_chacha::ChaCha20Rng::from_seed(
        *b"hallmark development srs, INSEC!",
    ));
    let srs = import(&ptau(secret), None).unwrap();
    assert!(srs.is_insecure());
    assert!(srs.name().contains("INSECURE"));
}

#[test]
fn trivial_secrets_are_refused() {
    for (tau, words) in [
        (Fr::ONE, "0 or 1"),
        (-Fr::ONE, "1 or −1"),
        (Fr::ZERO, "finite point"),
    ] {
        let error = import(&ptau(tau), None).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn every_corrupted_point_is_found() {
    let file = ptau(own_secret());
    for index in [0usize, 1, 2, 17, 31] {
        // Another point of the curve in the place of a power.
        let mut swapped = file.clone();
        let other = (G1Affine::generator() * Fr::random(OsRng))
            .to_affine()
            .to_raw_bytes();
        swapped[G1_START + 64 * index..][..64].copy_from_slice(&other);
        assert!(
            matches!(import(&swapped, None), Err(ProverError::SrsInconsistent(_))),
            "{index}"
        );
        // A flipped bit leaves the curve.
        let mut flipped = file.clone();
        flipped[G1_START + 64 * index + 3] ^= 4;
        let error = import(&flipped, None).unwrap_err().to_string();
        assert!(error.contains(&format!("point {index}")), "{error}");
        // The point at infinity is no power.
        let mut infinite = file.clone();
        infinite[G1_START + 64 * index..][..64].fill(0);
        assert!(
            matches!(import(&infinite, None), Err(ProverError::SrsFormat { .. })),
            "{index}"
        );
        // A coordinate that is not reduced.
        let mut unreduced = file.clone();
        unreduced[G1_START + 64 * index..][..32].fill(0xff);
        assert!(
            matches!(import(&unreduced, None), Err(ProverError::SrsFormat { .. })),
            "{index}"
        );
    }
    let mut other_secret = file.clone();
    let s_g2 = (G2Affine::generator() * Fr::from(3)).to_affine().to_raw_bytes();
    other_secret[G2_START + 128..][..128].copy_from_slice(&s_g2);
    assert!(matches!(
        import(&other_secret, None),
        Err(ProverError::SrsInconsistent(_))
    ));
}

#[test]
fn a_point_outside_the_subgroup_is_found() {
    let mut file = ptau(own_secret());
    let outside = (1u64..)
        .find_map(|x| {
            let x = Fq2 {
                c0: Fq::from(x),
                c1: Fq::ONE,
            };
            let y: Option<Fq2> = (x.square() * x + G2Affine::b()).sqrt().into();
            let point = y.map(|y| G2Affine { x, y })?;
            (point * -Fr::ONE + point != halo2_proofs::halo2curves::bn256::G2::identity()).then_some(point)
        })
        .unwrap();
    file[G2_START + 128..][..128].copy_from_slice(&outside.to_raw_bytes());
    let error = import(&file, None).unwrap_err().to_string();
    assert!(error.contains("subgroup"), "{error}");
}

#[test]
fn hostile_ptau_structures_are_typed_errors() {
    let file = ptau(own_secret());
    for length in (0..200).chain((200..file.len()).step_by(97)) {
        assert!(import(&file[..length], None).is_err(), "{length} bytes");
    }
    assert!(
        import(&[&file[..], &[0]].concat(), None).is_err(),
        "trailing byte"
    );
    let patched = |offset: usize, bytes: &[u8]| {
        let mut file = file.clone();
        file[offset..][..bytes.len()].copy_from_slice(bytes);
        import(&file, None)
    };
    let cases: [(usize, &[u8], &str); 9] = [
        (4, &[2], "version"),
        (8, &[0xff, 0xff, 0xff, 0xff], "number of sections"),
        (12, &[2], "again"),
        (12, &[99], "section 1"),
        (16, &[0xff; 8], "within the file"),
        (24, &[31], "bytes per field element"),
        (28, &[0], "modulus"),
        (60, &[28], "bytes"),
        (60, &[0xff; 4], "power"),
    ];
    for (offset, bytes, words) in cases {
        let error = patched(offset, bytes).unwrap_err().to_string();
        assert!(error.contains(words), "{offset}: {error}");
    }
}

fn halo2_file(params: &ParamsKZG<Bn256>, format: SerdeFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    params.write_custom(&mut bytes, format).unwrap();
    bytes
}

#[test]
fn halo2_parameters_are_imported_in_both_encodings() {
    let params = ParamsKZG::<Bn256>::setup(5, OsRng);
    let mut digests = Vec::new();
    for format in [SerdeFormat::RawBytes, SerdeFormat::Processed] {
        let file = halo2_file(&params, format);
        for k in [None, Some(5), Some(4)] {
            let srs = import(&file, k).unwrap();
            assert_eq!(srs.k(), k.unwrap_or(5));
            commitments_agree(&srs);
            digests.push(srs.digest());
        }
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

#[test]
fn corrupted_halo2_parameters_are_refused() {
    let params = ParamsKZG::<Bn256>::setup(4, OsRng);
    let other = ParamsKZG::<Bn256>::setup(4, OsRng);
    let (file, foreign) = (
        halo2_file(&params, SerdeFormat::RawBytes),
        halo2_file(&other, SerdeFormat::RawBytes),
    );
    // Powers, Lagrange points and the second group, each from another ceremony.
    for range in [
        4 + 64..4 + 128,
        4 + 16 * 64..4 + 17 * 64,
        4 + 31 * 64..4 + 32 * 64,
        4 + 32 * 64 + 128..file.len(),
    ] {
        let mut mixed = file.clone();
        mixed[range.clone()].copy_from_slice(&foreign[range.clone()]);
        assert!(
            matches!(import(&mixed, None), Err(ProverError::SrsInconsistent(_))),
            "{range:?}"
        );
    }
    for length in 0..file.len() {
        assert!(import(&file[..length], None).is_err());
    }
    for k in [0u32, 3, 5, 24, 25, 63, 64, u32::MAX] {
        let mut lying = file.clone();
        lying[..4].copy_from_slice(&k.to_le_bytes());
        assert!(
            matches!(import(&lying, None), Err(ProverError::SrsFormat { .. })),
            "{k}"
        );
    }
}

#[test]
fn the_store_keeps_shrinks_and_repairs() {
    let folder = tempfile::tempdir().unwrap();
    let store = SrsStore::new(Cache::new(folder.path()));
    let srs = import(&ptau(own_secret()), None).unwrap();
    let missing = store.get(srs.digest(), "ceremony", 4, &Silent).unwrap_err();
    assert!(matches!(missing, ProverError::SrsMissing { .. }), "{missing}");

    store.put(&srs).unwrap();
    let small = store.get(srs.digest(), "ceremony", 4, &Silent).unwrap();
    assert_eq!((small.k(), small.name()), (4, "test.ptau"));
    commitments_agree(&small);
    let large = store.get(srs.digest(), "ceremony", 6, &Silent).unwrap_err();
    assert!(
        matches!(
            large,
            ProverError::SrsTooSmall {
                available: 5,
                needed: 6,
                ..
            }
        ),
        "{large}"
    );
    assert_eq!(
        store.list(&Silent).unwrap().len(),
        2,
        "the shrunken one was kept too"
    );

    let file = folder.path().join(format!("srs-{}-k04", hex(&srs.digest())));
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let events = Mutex::new(Vec::new());
    let observer = |event: crate::Event| events.lock().unwrap().push(format!("{event:?}"));
    let repaired = store.get(srs.digest(), "ceremony", 4, &observer).unwrap();
    assert_eq!(repaired.params().get_g(), small.params().get_g());
    assert!(events.lock().unwrap()[0].contains("CacheDamaged"), "{events:?}");
    assert_ne!(
        std::fs::read(&file).unwrap(),
        bytes,
        "the damaged file was replaced"
    );
}
