//! Multi-scalar multiplications of every backend against halo2curves.

use crate::{Backend, Bases, Scalars, msm, msm_many};
use halo2_proofs::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::group::{Curve, Group, prime::PrimeCurveAffine};
use halo2_proofs::halo2curves::msm::msm_best;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

fn random_bases(len: usize, rng: &mut ChaCha8Rng) -> Vec<G1Affine> {
    let step = G1::generator() * Fr::random(&mut *rng);
    let mut point = G1::generator() * Fr::random(&mut *rng);
    let mut points = Vec::with_capacity(len);
    for _ in 0..len {
        points.push(point);
        point += step;
    }
    let mut affine = vec![G1Affine::default(); len];
    G1::batch_normalize(&points, &mut affine);
    affine
}

/// Bases as they are, and with tables of multiples.
fn with_and_without(backend: Backend, points: &[G1Affine], tail: usize) -> [Bases; 2] {
    let [plain, precomputed] = [(); 2].map(|()| Bases::with_tail(backend, points, tail));
    let before = plain.bytes();
    precomputed.precompute();
    assert_eq!(precomputed.bytes() - before, precomputed.multiples_bytes());
    [plain, precomputed]
}

fn signed(v: i64) -> Fr {
    if v < 0 {
        -Fr::from(v.unsigned_abs())
    } else {
        Fr::from(v.unsigned_abs())
    }
}

fn fields(values: &[i64]) -> Vec<Fr> {
    values.iter().map(|v| signed(*v)).collect()
}

fn expected(bases: &[G1Affine], scalars: &[Fr]) -> G1 {
    let n = bases.len().min(scalars.len());
    if n == 0 {
        G1::identity()
    } else {
        msm_best(&scalars[..n], &bases[..n])
    }
}

/// Signed values of a width in bits.
fn of_width(len: usize, bits: u32, rng: &mut ChaCha8Rng) -> Vec<i64> {
    (0..len).map(|_| (rng.next_u64() as i64) >> (64 - bits)).collect()
}

#[test]
fn small_scalars_of_every_width() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let points = random_bases(1 << 10, &mut rng);
    for backend in Backend::available() {
        let bases = Bases::new(backend, &points);
        for len in [0, 1, 2, 3, 7, 100, 511, 1024] {
            for bits in [1, 2, 8, 12, 16, 32, 63, 64] {
                let values = of_width(len, bits, &mut rng);
                let sum = msm(&bases, Scalars::Small(&values));
                assert_eq!(
                    sum,
                    expected(&points, &fields(&values)),
                    "{backend:?} {len} scalars of {bits} bits"
                );
            }
        }
    }
}

#[test]
fn full_scalars() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let points = random_bases(3000, &mut rng);
    for backend in Backend::available() {
        for bases in with_and_without(backend, &points, 0) {
            for len in [1, 2, 5, 33, 200, 1025, 3000, 3100] {
                let mut values: Vec<Fr> = (0..len).map(|_| Fr::random(&mut rng)).collect();
                values[len / 2] = -Fr::ONE;
                values[len / 3] = Fr::ZERO;
                values[len - 1] = Fr::TWO_INV;
                values[len / 4] = Fr::TWO_INV - Fr::ONE;
                let sum = msm(&bases, Scalars::Full(&values));
                assert_eq!(sum, expected(&points, &values), "{backend:?} {len}");
            }
        }
    }
}

/// Everything that makes affine additions fail: equal points, opposite points, infinity, and scalars that bring them
/// together in one bucket.
#[test]
fn exceptional_additions() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let some = random_bases(8, &mut rng);
    let infinity = G1Affine::identity();
    let n = 600;
    let repeated = vec![some[0]; n];
    let opposite: Vec<G1Affine> = (0..n)
        .map(|i| if i % 2 == 0 { some[0] } else { -some[0] })
        .collect();
    let infinite = vec![infinity; n];
    let mixed: Vec<G1Affine> = (0..n)
        .map(|i| {
            [
                some[0], -some[0], infinity, some[1], some[1], infinity, some[2], -some[1],
            ][(i * i + i / 5) % 8]
        })
        .collect();
    // Tangents and chords that meet: P, 2P, 3P, −P, −2P, −3P.
    let multiples: Vec<G1Affine> = (0..n)
        .map(|i| (G1::from(some[3]) * signed(i as i64 % 7 - 3)).to_affine())
        .collect();
    let one = vec![1_i64; n];
    let signs: Vec<i64> = (0..n).map(|i| if i % 3 == 0 { -1 } else { 1 }).collect();
    let columns = [
        one,
        signs,
        vec![-128; n],
        of_width(n, 3, &mut rng),
        of_width(n, 12, &mut rng),
        vec![0; n],
        vec![i64::MIN; n],
    ];
    for backend in Backend::available() {
        for (name, points) in [
            ("repeated", &repeated),
            ("opposite", &opposite),
            ("infinite", &infinite),
            ("mixed", &mixed),
            ("multiples", &multiples),
        ] {
            for bases in with_and_without(backend, points, 2) {
                let scalars: Vec<Scalars<'_>> = columns.iter().map(|c| Scalars::Small(c)).collect();
                let sums = msm_many(&bases, &scalars);
                for (column, sum) in columns.iter().zip(sums) {
                    let right = expected(points, &fields(column)).to_affine();
                    assert_eq!(
                        sum,
                        right,
                        "{backend:?} {name} bases, scalars {:?}…",
                        &column[..6]
                    );
                }
                let equal = vec![Fr::TWO_INV; n];
                assert_eq!(
                    msm(&bases, Scalars::Full(&equal)),
                    expected(points, &equal),
                    "{backend:?} {name}"
                );
                let tail = [-Fr::ONE, Fr::from(300)];
                let blinded = msm(
                    &bases,
                    Scalars::Blinded {
                        rows: &columns[1][..n - 2],
                        tail: &tail,
                    },
                );
                let plain = expected(&points[..n - 2], &fields(&columns[1][..n - 2]))
                    + expected(&points[n - 2..], &tail);
                assert_eq!(blinded, plain, "{backend:?} {name}");
            }
        }
    }
}

#[test]
fn field_elements_that_are_small() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let points = random_bases(300, &mut rng);
    for backend in Backend::available() {
        let bases = Bases::new(backend, &points);
        for bits in [1, 9, 62, 63, 64] {
            let values = fields(&of_width(300, bits, &mut rng));
            assert_eq!(
                msm(&bases, Scalars::Full(&values)),
                expected(&points, &values),
                "{backend:?} {bits}"
            );
        }
    }
}

#[test]
fn blinded_columns() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let n = 256;
    let points = random_bases(n, &mut rng);
    for backend in Backend::available() {
        for tables in [0, 3, 6, 7] {
            for bases in with_and_without(backend, &points, tables) {
                assert_eq!(bases.len(), n);
                for tail_len in [0, 1, 6, 7] {
                    let rows = of_width(n - tail_len, 8, &mut rng);
                    let mut tail: Vec<Fr> = (0..tail_len).map(|_| Fr::random(&mut rng)).collect();
                    if tail_len == 7 {
                        tail[..5].copy_from_slice(&[
                            Fr::ZERO,
                            -Fr::ONE,
                            Fr::from(128),
                            Fr::from(0x80_81),
                            Fr::from(u64::MAX),
                        ]);
                    }
                    let all: Vec<Fr> = fields(&rows).into_iter().chain(tail.iter().copied()).collect();
                    let sum = msm(
                        &bases,
                        Scalars::Blinded {
                            rows: &rows,
                            tail: &tail,
                        },
                    );
                    assert_eq!(
                        sum,
                        expected(&points, &all),
                        "{backend:?} {tables} tables, {tail_len} blinding rows"
                    );
                }
            }
        }
    }
}

#[test]
fn many_columns_of_all_kinds() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let n = 1000;
    let points = random_bases(n, &mut rng);
    let small: Vec<Vec<i64>> = (0..40)
        .map(|i| of_width(n - i as usize, 1 + i % 20, &mut rng))
        .collect();
    let full: Vec<Vec<Fr>> = (0..3)
        .map(|i| (0..n - 300 * i).map(|_| Fr::random(&mut rng)).collect())
        .collect();
    let mut all: Vec<Scalars<'_>> = small.iter().map(|c| Scalars::Small(c)).collect();
    all.extend(full.iter().map(|c| Scalars::Full(c)));
    all.push(Scalars::Full(&[]));
    let mut right: Vec<G1> = small.iter().map(|c| expected(&points, &fields(c))).collect();
    right.extend(full.iter().map(|c| expected(&points, c)));
    right.push(G1::identity());
    let right: Vec<G1Affine> = right.into_iter().map(|p| p.to_affine()).collect();
    for backend in Backend::available() {
        for bases in with_and_without(backend, &points, 0) {
            assert_eq!(msm_many(&bases, &all), right, "{backend:?}");
            assert_eq!(msm_many(&bases, &[]), []);
        }
        let none = Bases::new(backend, &[]);
        assert_eq!(msm(&none, all[0]), G1::identity());
    }
}

/// Long enough to be cut into ranges.
#[test]
fn long_columns() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let n = (1 << 15) + 17;
    let points = random_bases(n, &mut rng);
    let values = of_width(n, 8, &mut rng);
    let skewed: Vec<i64> = values
        .iter()
        .map(|v| if v % 8 == 0 { *v << 8 } else { 3 })
        .collect();
    for backend in Backend::available() {
        let bases = Bases::new(backend, &points);
        for column in [&values, &skewed] {
            assert_eq!(
                msm(&bases, Scalars::Small(column)),
                expected(&points, &fields(column)),
                "{backend:?}"
            );
        }
    }
}

/// Columns of non-negative scalars, dense and not, full and short.
#[test]
fn scalars_that_are_not_negative() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let n = 3000;
    let mut points = random_bases(n, &mut rng);
    points[7] = G1Affine::identity();
    points[8] = points[9];
    for backend in Backend::available() {
        let bases = Bases::with_tail(backend, &points, 2);
        for bits in [4, 5, 8, 12, 15, 16] {
            for (len, zeros) in [(n, 0), (n, 9), (n, 2), (n - 6, 0), (n - 800, 0), (100, 0)] {
                let column: Vec<i64> = (0..len)
                    .map(|i| match zeros {
                        0 => (rng.next_u64() >> (64 - bits)) as i64,
                        _ if i % zeros == 0 => 0,
                        _ => 1 << (bits - 1),
                    })
                    .collect();
                let sum = msm(&bases, Scalars::Small(&column));
                let right = expected(&points, &fields(&column));
                assert_eq!(sum, right, "{backend:?} {bits} bits, {len} scalars, {zeros}");
            }
        }
    }
}

/// Field elements enough for several sets of buckets, in columns that do not go evenly into the threads.
#[test]
fn long_columns_of_field_elements() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let n = (1 << 13) + 5;
    let points = random_bases(n, &mut rng);
    let columns: Vec<Vec<Fr>> = (0..3)
        .map(|_| (0..n).map(|_| Fr::random(&mut rng)).collect())
        .collect();
    let scalars: Vec<Scalars<'_>> = columns.iter().map(|c| Scalars::Full(c)).collect();
    let right: Vec<G1Affine> = columns.iter().map(|c| expected(&points, c).to_affine()).collect();
    for backend in Backend::available() {
        for bases in with_and_without(backend, &points, 1) {
            assert_eq!(msm_many(&bases, &scalars), right, "{backend:?}");
        }
    }
}
