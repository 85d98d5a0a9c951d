//! Opening proofs, point by point: with a known secret, commitments are values.

use super::*;
use crate::engine::opening::{Opened, open};
use crate::engine::polynomial::{Polynomial, combine};
use crate::transcript::{ProofReader, ProofWriter};
use hallmark_kernels::{Packed, SmallColumn};
use hallmark_verifier::TranscriptKind;
use halo2_proofs::halo2curves::bn256::{G1, G1Affine};
use halo2_proofs::halo2curves::group::Curve;
use halo2_proofs::transcript::{EncodedChallenge, Transcript, TranscriptRead};
use rand_chacha::ChaCha20Rng;

/// The development SRS's secret, which everybody can compute.
fn secret() -> Fr {
    Fr::random(ChaCha20Rng::from_seed(*b"hallmark development srs, INSEC!"))
}

fn horner(coefficients: &[Fr], at: Fr) -> Fr {
    coefficients.iter().rev().fold(Fr::ZERO, |sum, c| sum * at + c)
}

/// A polynomial with the rotations at which it is opened.
struct One {
    coefficients: Vec<Fr>,
    rotations: Vec<i32>,
}

/// What the two points of the proof have to be, as multiples of the generator.
struct Expected<'a> {
    polynomials: &'a [One],
    point: &'a dyn Fn(i32) -> Fr,
    y: Fr,
    v: Fr,
}

impl Expected<'_> {
    /// Polynomials with equal sets of rotations, in the order in which sets first occur.
    fn sets(&self) -> Vec<(Vec<i32>, Vec<&One>)> {
        let mut sets: Vec<(Vec<i32>, Vec<&One>)> = Vec::new();
        for one in self.polynomials {
            let mut rotations = one.rotations.clone();
            rotations.sort_unstable();
            match sets.iter_mut().find(|(other, _)| *other == rotations) {
                Some((_, members)) => members.push(one),
                None => sets.push((rotations, vec![one])),
            }
        }
        sets
    }

    /// Lagrange's interpolation of a polynomial's values at its points.
    fn low(&self, one: &One, x: Fr) -> Fr {
        let points: Vec<Fr> = one.rotations.iter().map(|r| (self.point)(*r)).collect();
        let term = |i: usize| {
            let others = points.iter().enumerate().filter(|(j, _)| *j != i);
            let basis = others.map(|(_, other)| (x - other) * (points[i] - other).invert().unwrap());
            horner(&one.coefficients, points[i]) * basis.product::<Fr>()
        };
        (0..points.len()).map(term).sum()
    }

    fn vanishing(&self, rotations: &[i32], x: Fr) -> Fr {
        rotations.iter().map(|r| x - (self.point)(*r)).product()
    }

    /// `Σ y^j·(P_j(at) − R_j(low))` of a set.
    fn difference(&self, members: &[&One], at: Fr, low: Fr) -> Fr {
        let terms = members.iter().rev();
        terms.fold(Fr::ZERO, |sum, one| {
            sum * self.y + horner(&one.coefficients, at) - self.low(one, low)
        })
    }

    fn first(&self, s: Fr) -> Fr {
        let terms = self.sets().into_iter().rev();
        terms.fold(Fr::ZERO, |sum, (rotations, members)| {
            let own = self.difference(&members, s, s) * self.vanishing(&rotations, s).invert().unwrap();
            sum * self.v + own
        })
    }

    fn second(&self, s: Fr, u: Fr) -> Fr {
        let sets = self.sets();
        let mut all: Vec<i32> = sets.iter().flat_map(|(rotations, _)| rotations.clone()).collect();
        all.sort_unstable();
        all.dedup();
        let others = |own: &[i32]| {
            let others: Vec<i32> = all.iter().copied().filter(|r| !own.contains(r)).collect();
            self.vanishing(&others, u)
        };
        let sum = sets.iter().rev().fold(Fr::ZERO, |sum, (rotations, members)| {
            sum * self.v + others(rotations) * self.difference(members, s, u)
        });
        let linearised = sum - self.vanishing(&all, u) * self.first(s);
        linearised * (others(&sets[0].0) * (s - u)).invert().unwrap()
    }
}

/// Random polynomials, some of them by their values, at random sets of up to four points in any order.
#[test]
fn both_points_are_those_of_the_argument() {
    for backend in Backend::available() {
        let key = key(backend);
        let rows = key.protocol.rows();
        for seed in 0..12 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let count = 1 + below(&mut rng, 9);
            let integers: Vec<i64> = (0..rows)
                .map(|_| i64::from(rng.next_u32() % 1000) - 300)
                .collect();
            let small = SmallColumn::new(&integers, rows).unwrap();
            let packed: Vec<Packed> = (0..count)
                .map(|_| (0..rows).map(|_| special(&mut rng)).collect::<Vec<Fr>>())
                .map(|values| Packed::from_field(backend, &values))
                .collect();
            let all: Vec<(Polynomial<'_>, Vec<i32>)> = packed
                .iter()
                .map(|column| {
                    let polynomial = match below(&mut rng, 4) {
                        0 => Polynomial::Values(&small),
                        _ => Polynomial::Coefficients(column),
                    };
                    let mut rotations = ROTATIONS.to_vec();
                    rotations.rotate_left(below(&mut rng, ROTATIONS.len()));
                    rotations.truncate(1 + below(&mut rng, 4));
                    // One set of points, named in another order.
                    if below(&mut rng, 2) == 0 {
                        rotations.reverse();
                    }
                    (polynomial, rotations)
                })
                .collect();
            let sums: Vec<_> = all
                .iter()
                .map(|(polynomial, _)| vec![(*polynomial, Fr::ONE)])
                .collect();
            let coefficients = combine(&key.domain, &sums);
            let polynomials: Vec<One> = all
                .iter()
                .zip(&coefficients)
                .map(|((_, rotations), column)| One {
                    coefficients: column.to_field(),
                    rotations: rotations.clone(),
                })
                .collect();
            let x = Fr::random(&mut rng);
            let omega = key.domain.omega();
            let point = |rotation: i32| x * omega.pow([i64::from(rotation).rem_euclid(rows as i64) as u64]);
            let opened: Vec<Opened<'_>> = all
                .iter()
                .zip(&polynomials)
                .map(|((polynomial, rotations), one)| Opened {
                    polynomial: *polynomial,
                    values: rotations
                        .iter()
                        .map(|r| (*r, horner(&one.coefficients, point(*r))))
                        .collect(),
                })
                .collect();
            let mut writer = ProofWriter::new(TranscriptKind::Keccak);
            open(&opened, point, &key, &mut writer).unwrap();
            let proof = writer.finalize();
            let mut reader = ProofReader::new(TranscriptKind::Keccak, &proof);
            let squeeze = |reader: &mut ProofReader<'_>| -> Fr { reader.squeeze_challenge().get_scalar() };
            let (y, v) = (squeeze(&mut reader), squeeze(&mut reader));
            let expected = Expected {
                polynomials: &polynomials,
                point: &point,
                y,
                v,
            };
            let commitment = |value: Fr| -> G1Affine { (G1::generator() * value).to_affine() };
            let first = reader.read_point().unwrap();
            assert_eq!(
                first,
                commitment(expected.first(secret())),
                "{backend:?}, seed {seed}"
            );
            let u = squeeze(&mut reader);
            let second = reader.read_point().unwrap();
            assert_eq!(
                second,
                commitment(expected.second(secret(), u)),
                "{backend:?}, seed {seed}"
            );
            assert!(reader.read_scalar().is_err(), "nothing follows");
        }
    }
}
