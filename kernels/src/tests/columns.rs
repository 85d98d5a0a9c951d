//! Columns, registers and polynomial kernels of every backend against halo2curves.

use crate::{
    BLOCK, Backend, Packed, Registers, SmallColumn, batch_invert, divide_by_linear, dot_small, evaluate,
    evaluate_many, fold, linear_combination, linear_combination_small,
};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// Zero, one, p−1 and their neighbours, powers of two around limb borders, then random.
fn values(len: usize, seed: u64) -> Vec<Fr> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut special = vec![Fr::ZERO, Fr::ONE, -Fr::ONE, -Fr::from(2), Fr::from(2)];
    for bit in [51_u64, 52, 53, 103, 104, 156, 207, 208, 253] {
        let power = Fr::from(2).pow([bit]);
        special.extend([power, -power, power - Fr::ONE]);
    }
    (0..len)
        .map(|i| {
            let random = Fr::random(&mut rng);
            // Special values at places that depend on the seed.
            let place = (i as u64 * 7 + seed) as usize % (3 * special.len());
            special.get(place).copied().unwrap_or(random)
        })
        .collect()
}

fn extremes() -> Vec<i64> {
    let around = |v: i64| [v.wrapping_sub(1), v, v.wrapping_add(1)];
    [
        0,
        1 << 51,
        1 << 52,
        1 << 61,
        i64::MIN,
        i64::MAX,
        -(1 << 52),
        255,
        -4096,
    ]
    .into_iter()
    .flat_map(around)
    .collect()
}

fn signed(v: i64) -> Fr {
    if v < 0 {
        -Fr::from(v.unsigned_abs())
    } else {
        Fr::from(v.unsigned_abs())
    }
}

#[test]
fn conversions_keep_values() {
    for backend in Backend::available() {
        for len in [0, 1, 7, 8, 9, 64, 100] {
            let plain = values(len, 3);
            let column = Packed::from_field(backend, &plain);
            assert_eq!(column.len(), len.next_multiple_of(8));
            assert_eq!(column.backend(), backend);
            let mut padded = plain.clone();
            padded.resize(column.len(), Fr::ZERO);
            assert_eq!(column.to_field(), padded, "{backend:?} {len}");
            for (i, v) in padded.iter().enumerate() {
                assert_eq!(column.get(i), *v);
            }
        }
        let small = extremes();
        let column = Packed::from_small(backend, &small, 40);
        let expected: Vec<Fr> = small
            .iter()
            .map(|v| signed(*v))
            .chain(std::iter::repeat(Fr::ZERO))
            .take(40)
            .collect();
        assert_eq!(column.to_field(), expected, "{backend:?}");
        assert_eq!(Packed::from_small(backend, &small, 8).to_field(), expected[..8]);
        let mut column = Packed::zeros(backend, 16);
        for (i, v) in values(16, 9).into_iter().enumerate() {
            column.set(i, v);
            assert_eq!(column.get(i), v);
        }
        assert_eq!(column.to_field(), values(16, 9));
    }
}

#[test]
fn chunks_cover_the_column() {
    for backend in Backend::available() {
        let mut column = Packed::zeros(backend, 200);
        let starts: Vec<(usize, usize)> = column
            .chunks_mut(64)
            .iter()
            .map(|c| (c.start(), c.len()))
            .collect();
        assert_eq!(starts, [(0, 64), (64, 64), (128, 64), (192, 8)]);
    }
}

/// One step of a random program.
#[derive(Clone, Debug)]
enum Step {
    Load(usize, usize, usize),
    Broadcast(usize, usize),
    Add(usize, usize, usize),
    Sub(usize, usize, usize),
    Mul(usize, usize, usize),
    Square(usize, usize),
    Negate(usize, usize),
    MulAdd(usize, usize, usize, usize),
}

const REGISTERS: usize = 5;

fn step() -> impl Strategy<Value = Step> {
    let r = 0..REGISTERS;
    prop_oneof![
        (r.clone(), 0..3_usize, 0..400_usize).prop_map(|(r, c, s)| Step::Load(r, c, s)),
        (r.clone(), 0..40_usize).prop_map(|(r, v)| Step::Broadcast(r, v)),
        (r.clone(), r.clone(), r.clone()).prop_map(|(o, a, b)| Step::Add(o, a, b)),
        (r.clone(), r.clone(), r.clone()).prop_map(|(o, a, b)| Step::Sub(o, a, b)),
        (r.clone(), r.clone(), r.clone()).prop_map(|(o, a, b)| Step::Mul(o, a, b)),
        (r.clone(), r.clone()).prop_map(|(o, a)| Step::Square(o, a)),
        (r.clone(), r.clone()).prop_map(|(o, a)| Step::Negate(o, a)),
        (r.clone(), r.clone(), r.clone(), r).prop_map(|(o, a, b, c)| Step::MulAdd(o, a, b, c)),
    ]
}

fn check_program(backend: Backend, steps: &[Step]) {
    let columns = [values(128, 1), values(200, 2), values(8, 4)];
    let packed = columns.clone().map(|c| Packed::from_field(backend, &c));
    let constants = values(40, 5);
    let mut model = vec![[Fr::ZERO; BLOCK]; REGISTERS];
    let mut file = Registers::new(backend, REGISTERS);
    for step in steps {
        let at = |f: &dyn Fn(usize) -> Fr| -> [Fr; BLOCK] { std::array::from_fn(f) };
        match *step {
            Step::Load(r, c, s) => {
                file.load(r, &packed[c], s);
                model[r] = at(&|i| columns[c][(s + i) % columns[c].len()]);
            }
            Step::Broadcast(r, v) => {
                file.broadcast(r, constants[v]);
                model[r] = [constants[v]; BLOCK];
            }
            Step::Add(o, a, b) => {
                file.add(o, a, b);
                model[o] = at(&|i| model[a][i] + model[b][i]);
            }
            Step::Sub(o, a, b) => {
                file.sub(o, a, b);
                model[o] = at(&|i| model[a][i] - model[b][i]);
            }
            Step::Mul(o, a, b) => {
                file.mul(o, a, b);
                model[o] = at(&|i| model[a][i] * model[b][i]);
            }
            Step::Square(o, a) => {
                file.square(o, a);
                model[o] = at(&|i| model[a][i].square());
            }
            Step::Negate(o, a) => {
                file.negate(o, a);
                model[o] = at(&|i| -model[a][i]);
            }
            Step::MulAdd(o, a, b, c) => {
                file.mul_add(o, a, b, c);
                model[o] = at(&|i| model[a][i] * model[b][i] + model[c][i]);
            }
        }
    }
    for (r, expected) in model.iter().enumerate() {
        let mut column = Packed::zeros(backend, 3 * BLOCK);
        let mut pieces = column.chunks_mut(2 * BLOCK);
        file.store(r, &mut pieces[0], BLOCK);
        file.store(r, &mut pieces[1], 32);
        let stored = column.to_field();
        assert_eq!(
            stored[BLOCK..2 * BLOCK],
            expected[..],
            "{backend:?} register {r} after {steps:?}"
        );
        assert_eq!(stored[2 * BLOCK + 32..], expected[..32]);
        assert!(
            stored[..BLOCK]
                .iter()
                .chain(&stored[2 * BLOCK..2 * BLOCK + 32])
                .all(|v| *v == Fr::ZERO)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn programs_compute_what_they_say(steps in prop::collection::vec(step(), 0..60)) {
        for backend in Backend::available() {
            check_program(backend, &steps);
        }
    }
}

/// Doubling over and over is what makes lazily reduced values grow fastest.
#[test]
fn long_chains_do_not_overflow() {
    let chains: [&dyn Fn(usize) -> Step; 5] = [
        &|_| Step::Add(0, 0, 0),
        &|i| {
            if i % 2 == 0 {
                Step::Negate(0, 0)
            } else {
                Step::Sub(0, 1, 0)
            }
        },
        &|i| {
            if i % 2 == 0 {
                Step::Sub(1, 0, 1)
            } else {
                Step::Sub(0, 1, 0)
            }
        },
        &|i| {
            if i % 3 == 0 {
                Step::Mul(0, 0, 0)
            } else {
                Step::Add(0, 0, 0)
            }
        },
        &|i| {
            if i % 4 == 0 {
                Step::MulAdd(1, 0, 0, 1)
            } else {
                Step::Add(0, 1, 0)
            }
        },
    ];
    for backend in Backend::available() {
        for chain in chains {
            let loads = [Step::Load(0, 0, 0), Step::Load(1, 1, 5)];
            let steps: Vec<Step> = loads.into_iter().chain((0..300).map(chain)).collect();
            check_program(backend, &steps);
        }
    }
}

#[test]
fn polynomials() {
    for backend in Backend::available() {
        for len in [8, 64, 72, 1024, 4096] {
            let plain: Vec<Vec<Fr>> = (0..70).map(|i| values(len, 20 + i)).collect();
            let columns: Vec<Packed> = plain.iter().map(|c| Packed::from_field(backend, c)).collect();
            for at in [Fr::ZERO, Fr::ONE, -Fr::ONE, values(60, 11)[59]] {
                let horner = |c: &Vec<Fr>| c.iter().rev().fold(Fr::ZERO, |acc, v| acc * at + v);
                let expected: Vec<Fr> = plain.iter().take(5).map(horner).collect();
                let some: Vec<&Packed> = columns.iter().take(5).collect();
                assert_eq!(evaluate_many(&some, at), expected, "{backend:?} {len}");
                assert_eq!(evaluate(&columns[0], at), expected[0]);
            }
            let scalars = values(70, 12);
            for count in [0, 1, 2, 63, 64, 65, 70] {
                let terms: Vec<(&Packed, Fr)> =
                    columns.iter().zip(scalars.iter().copied()).take(count).collect();
                let mut out = columns[69].clone();
                linear_combination(&mut out, &terms);
                let sum = |i: usize| {
                    plain
                        .iter()
                        .zip(&scalars)
                        .take(count)
                        .map(|(c, s)| c[i] * s)
                        .sum::<Fr>()
                };
                assert_eq!(
                    out.to_field(),
                    (0..len).map(sum).collect::<Vec<_>>(),
                    "{backend:?} {len} {count}"
                );
            }
        }
    }
}

/// Columns of another backend are converted.
#[test]
fn backends_mix() {
    let plain = values(64, 8);
    for (out, other) in Backend::available()
        .into_iter()
        .flat_map(|o| Backend::available().into_iter().map(move |b| (o, b)))
    {
        let column = Packed::from_field(other, &plain);
        let (zeros, mut sum) = (Packed::zeros(out, 64), Packed::zeros(out, 64));
        linear_combination(&mut sum, &[(&column, Fr::from(3)), (&zeros, Fr::ONE)]);
        assert_eq!(
            sum.to_field(),
            plain.iter().map(|v| *v * Fr::from(3)).collect::<Vec<_>>()
        );
        let mut file = Registers::new(out, 1);
        file.load(0, &column, 3);
        let mut into = Packed::zeros(other, 64);
        file.store(0, &mut into.chunks_mut(64)[0], 0);
        let rotated: Vec<Fr> = (0..64).map(|i| plain[(i + 3) % 64]).collect();
        assert_eq!(into.to_field(), rotated);
    }
}

#[test]
fn inversion_and_division() {
    for len in [0, 1, 5, 100, 5000, 10_000] {
        let plain = values(len, 13);
        let mut inverted = plain.clone();
        batch_invert(&mut inverted);
        for (v, i) in plain.iter().zip(&inverted) {
            assert_eq!(*i, v.invert().unwrap_or(Fr::ZERO));
        }
    }
    let polynomial = values(33, 14);
    for at in [Fr::ZERO, Fr::ONE, polynomial[32]] {
        let mut quotient = polynomial.clone();
        divide_by_linear(&mut quotient, at);
        assert_eq!(quotient[32], Fr::ZERO);
        let eval = |c: &[Fr], x: Fr| c.iter().rev().fold(Fr::ZERO, |acc, v| acc * x + v);
        let x = Fr::from(12_345);
        assert_eq!(
            eval(&quotient, x) * (x - at),
            eval(&polynomial, x) - eval(&polynomial, at)
        );
    }
}

/// Integers of several widths and signs; some columns are shorter than the length that they are padded to.
fn small_columns(len: usize) -> Vec<Vec<i64>> {
    let spread = |width: i64, least: i64, len: usize| -> Vec<i64> {
        (0..len as i64)
            .map(|i| least + (i * i * 2_654_435_761).rem_euclid(width))
            .collect()
    };
    let mut columns = vec![
        vec![],
        vec![-1; len],
        vec![0; len],
        spread(2, 0, len),
        spread(1 << 16, -(1 << 15), len),
        spread(1 << 16, 0, len - 3),
        spread(1 << 32, -5, len),
        spread(1 << 32, i64::MIN, len),
        vec![u32::MAX.into(); len],
    ];
    // More than one reduction's worth of columns.
    columns.extend((0..1100).map(|i| vec![i64::from(u16::MAX) - i; 8]));
    columns
}

#[test]
fn sums_of_small_integers_are_those_of_field_elements() {
    for backend in Backend::available() {
        for len in [8, 64, 2048 + 16, 9000] {
            let integers = small_columns(len);
            let columns: Vec<SmallColumn> = integers
                .iter()
                .map(|v| SmallColumn::new(v, len).unwrap())
                .collect();
            let fields: Vec<Packed> = integers
                .iter()
                .map(|v| Packed::from_small(backend, v, len))
                .collect();
            let (weights, scalars) = (values(len, 3), values(columns.len(), 4));
            let weighted = |column: &Packed| -> Fr {
                let column = column.to_field();
                column.iter().zip(&weights).map(|(a, b)| *a * b).sum()
            };
            let expected: Vec<Fr> = fields.iter().map(weighted).collect();
            let found = dot_small(
                &columns.iter().collect::<Vec<_>>(),
                &Packed::from_field(backend, &weights),
            );
            assert_eq!(found, expected, "{backend:?}, {len}");
            let (mut found, mut expected) = (Packed::zeros(backend, len), Packed::zeros(backend, len));
            let terms: Vec<_> = columns.iter().zip(scalars.iter().copied()).collect();
            linear_combination_small(&mut found, &terms);
            let terms: Vec<_> = fields.iter().zip(scalars).collect();
            linear_combination(&mut expected, &terms);
            assert_eq!(found.to_field(), expected.to_field(), "{backend:?}, {len}");
        }
    }
    assert!(SmallColumn::new(&[i64::MIN, i64::MAX], 8).is_none());
    assert!(SmallColumn::new(&[1 << 32], 8).is_none(), "padding counts");
}

#[test]
fn folding_keeps_values_on_the_roots() {
    for backend in Backend::available() {
        let omega = crate::Domain::new(backend, 4).omega();
        let shift = Fr::from(7);
        for parts in [1, 2, 8] {
            let column = Packed::from_field(backend, &values(16 * parts, 9));
            let folded = fold(&column, 16, shift.pow([16]));
            assert_eq!(folded.len(), 16);
            for i in 0..16 {
                let at = shift * omega.pow([i]);
                assert_eq!(
                    evaluate(&folded, at),
                    evaluate(&column, at),
                    "{backend:?}, {parts}"
                );
            }
        }
    }
}
