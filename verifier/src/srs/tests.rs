use super::*;
use crate::error::VerifyError;
use crate::problem::Problem;
use ark_bn254::{Fq, Fr, G2Affine};
use ark_ff::PrimeField;
use sha2::{Digest, Sha256};

fn points(first: Fr, second: Fr) -> Result<SrsPoints, Problem> {
    SrsPoints::new(
        (SrsPoints::g1() * first).into(),
        (SrsPoints::g2() * second).into(),
    )
}

fn srs(secret: Fr) -> SrsPoints {
    points(secret, secret).unwrap()
}

/// An element that is no small number.
fn large(seed: &[u8]) -> Fr {
    Fr::from_le_bytes_mod_order(&Sha256::digest(seed))
}

#[test]
fn the_two_points_have_one_secret() {
    let (a, b) = (large(b"a"), large(b"b"));
    assert_eq!(points(a, b), Err(Problem::TwoSecrets));
    assert_eq!(points(a, -a), Err(Problem::TwoSecrets));
    assert_ne!(srs(a).digest(), srs(b).digest());
    // Neither half of a known SRS lends its name.
    for known in [Fr::from(42u64), large(b"known")] {
        assert_eq!(points(known, a), Err(Problem::TwoSecrets));
        assert_eq!(points(a, known), Err(Problem::TwoSecrets));
    }
}

#[test]
fn trivial_secrets_and_points_outside_the_groups_are_refused() {
    let one = Fr::from(1u64);
    assert_eq!(points(one, one), Err(Problem::TrivialSecret));
    assert_eq!(points(-one, -one), Err(Problem::TrivialSecret));
    let zero = Fr::from(0u64);
    assert_eq!(points(zero, zero), Err(Problem::PointAtInfinity));
    let good = srs(large(b"a"));
    let mut outside = *good.s_g1();
    outside.x += Fq::from(1u64);
    assert_eq!(SrsPoints::new(outside, *good.s_g2()), Err(Problem::OffCurve));
    // A point of the second curve that is outside the subgroup: almost any.
    let outside = (1u64..)
        .find_map(|x| {
            G2Affine::get_point_from_x_unchecked(ark_bn254::Fq2::new(Fq::from(x), Fq::from(1u64)), true)
        })
        .unwrap();
    assert_eq!(SrsPoints::new(*good.s_g1(), outside), Err(Problem::WrongSubgroup));
}

#[test]
fn small_numbers_are_found_in_either_sign_and_larger_ones_are_not() {
    let of = |number: i64| (SrsPoints::g1() * crate::statement::integer(number)).into();
    for magnitude in [
        2,
        1023,
        1024,
        1025,
        2049,
        2050,
        12_345,
        65_536,
        small::GREATEST - 1,
        small::GREATEST,
    ] {
        for number in [magnitude, -magnitude] {
            assert_eq!(small::secret(&of(number)), Some(number));
        }
    }
    assert_eq!(small::secret(&of(small::GREATEST + 1)), None);
    assert_eq!(small::secret(&of(-small::GREATEST - 1)), None);
    assert_eq!(srs(large(b"a")).provenance(), &Provenance::Unknown);
    let words = srs(Fr::from(1337u64)).provenance().to_string();
    assert!(words.contains("1337") && words.contains("INSECURE"), "{words}");
}

#[test]
fn policies_go_by_points() {
    let (known, unknown) = (srs(Fr::from(7u64)), srs(large(b"a")));
    let any = SrsPolicy::default();
    any.check(&known).unwrap();
    any.check(&unknown).unwrap();
    let strict = SrsPolicy::strict();
    assert!(matches!(strict.check(&known), Err(VerifyError::InsecureSrs(_))));
    strict.check(&unknown).unwrap();
    let ceremonies = SrsPolicy {
        only_ceremonies: true,
        ..any.clone()
    };
    assert!(matches!(
        ceremonies.check(&known),
        Err(VerifyError::InsecureSrs(_))
    ));
    assert!(matches!(
        ceremonies.check(&unknown),
        Err(VerifyError::UnknownSrs(_))
    ));
    let only = SrsPolicy {
        only: Some(vec![[0; 32], known.digest()]),
        ..any.clone()
    };
    only.check(&known).unwrap();
    assert!(matches!(only.check(&unknown), Err(VerifyError::OtherSrs { .. })));
    assert!(matches!(
        only.and(&strict).check(&known),
        Err(VerifyError::InsecureSrs(_))
    ));
    assert_eq!(only.and(&any), only);
    assert_eq!(any.and(&only), only);
    let other = SrsPolicy {
        only: Some(vec![unknown.digest()]),
        ..any
    };
    // Nothing is both.
    for srs in [&known, &unknown] {
        let error = only.and(&other).check(srs).unwrap_err().to_string();
        assert!(error.contains("none is expected"), "{error}");
    }
}
