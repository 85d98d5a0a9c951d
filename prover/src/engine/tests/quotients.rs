//! Quotients of random circuits: their pieces at points that no coset has, against the gates there.

use super::*;
use crate::engine::EngineError;
use crate::engine::columns::Columns;
use crate::engine::evaluation::evaluate;
use crate::engine::identities::Identities;
use crate::engine::polynomial::{Polynomial, combine};
use crate::engine::program::Program;
use hallmark_kernels::{Domain, Packed, SmallColumn};
use std::collections::BTreeMap;

/// Values on the rows.
type Rows = BTreeMap<Source, Vec<Fr>>;

/// Random values of everything that identities of a protocol may read.
fn random_rows(rng: &mut ChaCha8Rng, protocol: &Protocol) -> Rows {
    let advice = (0..protocol.advice_phases.len()).map(Source::Advice);
    let others = (0..COLUMNS).flat_map(|i| [Source::Fixed(i), Source::Instance(i)]);
    let sigmas = (0..protocol.permutation_columns.len()).map(Source::Sigma);
    let products = (0..protocol.permutation_products()).map(Source::Product);
    let selectors = [Source::First, Source::Last, Source::Active];
    let sources = advice
        .chain(others)
        .chain(sigmas)
        .chain(products)
        .chain(selectors);
    let mut column = || (0..protocol.rows()).map(|_| special(rng)).collect();
    sources.map(|source| (source, column())).collect()
}

/// The columns as a proof has them when the quotient is computed.
fn interpolated<'a>(key: &'a EngineKey, rows: &Rows) -> Columns<'a> {
    let mut columns = Columns::new(key, &[]);
    for (source, values) in rows {
        columns.insert(*source, Packed::from_field(key.backend(), values));
    }
    columns.interpolate(&key.domain);
    columns
}

fn horner(coefficients: &[Fr], at: Fr) -> Fr {
    coefficients.iter().rev().fold(Fr::ZERO, |sum, c| sum * at + c)
}

/// ω to a power of either sign.
fn turned(domain: &Domain, rotation: i32) -> Fr {
    let size = domain.size() as i64;
    domain.omega().pow([i64::from(rotation).rem_euclid(size) as u64])
}

/// The columns' polynomials at x times powers of ω.
fn at<'a>(columns: &'a Columns<'a>, domain: &'a Domain, x: Fr) -> impl Fn(Source, i32) -> Fr + 'a {
    move |source, rotation| {
        let at = x * turned(domain, rotation);
        match source {
            Source::X => at,
            source => horner(&columns.coefficients(source).unwrap().to_field(), at),
        }
    }
}

fn quotient(
    identities: &Identities,
    columns: &Columns<'_>,
    domain: &Domain,
    challenges: &Challenges,
    strips: usize,
) -> Vec<Vec<Fr>> {
    let Challenges {
        circuit,
        beta,
        gamma,
        y,
    } = challenges;
    let scalars = identities.scalars(circuit, *beta, *gamma, *y);
    identities.evaluate(columns, domain, &scalars, strips).unwrap()
}

/// What the pieces say that the folded identities are at x.
fn expected(pieces: &[Vec<Fr>], rows: usize, x: Fr) -> Fr {
    let xn = x.pow([rows as u64]);
    let quotient = pieces
        .iter()
        .rev()
        .fold(Fr::ZERO, |sum, piece| sum * xn + horner(piece, x));
    quotient * (xn - Fr::ONE)
}

fn values(identities: Vec<(Fr, usize)>) -> Vec<Fr> {
    identities.into_iter().map(|(value, _)| value).collect()
}

/// Every constraint says that a column of its own is what it was before: it vanishes on the rows and nowhere else.
fn satisfied(protocol: &mut Protocol, rng: &mut ChaCha8Rng, challenges: &Challenges) -> Rows {
    let rows = random_rows(rng, protocol);
    let count = protocol.rows();
    let on = |row: usize| {
        let cell = |source: Source, rotation: i32| {
            rows[&source][(row as i64 + i64::from(rotation)).rem_euclid(count as i64) as usize]
        };
        values(identities(protocol, challenges, &cell))
    };
    let results: Vec<Vec<Fr>> = (0..count).map(on).collect();
    let mut rows = rows;
    for (i, constraint) in protocol.gates[0].constraints.iter_mut().enumerate() {
        let column = protocol.advice_phases.len();
        protocol.advice_phases.push(0);
        protocol.advice_queries.push(Query { column, rotation: 0 });
        let result = protocol.nodes.len();
        protocol
            .nodes
            .push(Node::Advice(protocol.advice_queries.len() - 1));
        protocol.nodes.push(Node::Negated(result));
        protocol.nodes.push(Node::Sum(constraint.root, result + 1));
        constraint.root = result + 2;
        rows.insert(Source::Advice(column), results.iter().map(|row| row[i]).collect());
    }
    rows
}

/// What vanishes on the rows is a multiple of X^n − 1, of any degrees in one circuit, however many parts cosets are worked on in.
#[test]
fn quotients_of_satisfied_gates_are_exact() {
    for backend in Backend::available() {
        let key = key(backend);
        for seed in 0..16 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let degree = 3 + below(&mut rng, 6);
            let mut protocol = random_protocol(&mut rng, key.protocol.log_rows, degree, 0);
            let challenges = Challenges::random(&mut rng);
            let rows = satisfied(&mut protocol, &mut rng, &challenges);
            let compiled = Identities::new(Program::new(&protocol), &protocol);
            let columns = interpolated(&key, &rows);
            let pieces = quotient(&compiled, &columns, &key.domain, &challenges, 1);
            assert_eq!(pieces.len(), degree - 1);
            let x = Fr::random(&mut rng);
            let right = values(identities(&protocol, &challenges, &at(&columns, &key.domain, x)));
            let found = expected(&pieces, protocol.rows(), x);
            assert_eq!(found, folded(&right, challenges.y), "{backend:?}, seed {seed}");
            let strips = [2, 4, protocol.rows() / 8][below(&mut rng, 3)];
            let again = quotient(&compiled, &columns, &key.domain, &challenges, strips);
            assert!(again == pieces, "{backend:?}, {strips} parts, seed {seed}");
        }
    }
}

/// Factors that are differences, with columns that are read elsewhere too: nothing of them is added up beforehand.
#[test]
fn differences_of_columns_are_multiplied() {
    let key = key(Backend::detect());
    let mut rng = ChaCha8Rng::seed_from_u64(77);
    let mut protocol = random_protocol(&mut rng, key.protocol.log_rows, 4, 0);
    let column = |i: usize| i * ROTATIONS.len();
    protocol.nodes = vec![
        Node::Advice(column(0)),
        Node::Advice(column(1)),
        Node::Negated(1),
        Node::Sum(0, 2),
        Node::Constant(extract::scalar(&-Fr::ONE)),
        // (a − b)·c, (a − b)·d, (a − b − 1)·a and (a − b)²·b.
        Node::Fixed(column(0)),
        Node::Product(3, 5),
        Node::Fixed(column(1)),
        Node::Product(3, 7),
        Node::Sum(3, 4),
        Node::Product(9, 0),
        Node::Product(3, 3),
        Node::Product(11, 1),
    ];
    let constraint = |root: usize| Constraint {
        name: String::new(),
        root,
    };
    protocol.gates[0].constraints = [6, 8, 10, 12].map(constraint).into();
    let challenges = Challenges::random(&mut rng);
    let rows = satisfied(&mut protocol, &mut rng, &challenges);
    let compiled = Identities::new(Program::new(&protocol), &protocol);
    let columns = interpolated(&key, &rows);
    let pieces = quotient(&compiled, &columns, &key.domain, &challenges, 1);
    let x = Fr::random(&mut rng);
    let right = values(identities(&protocol, &challenges, &at(&columns, &key.domain, x)));
    assert_eq!(
        expected(&pieces, protocol.rows(), x),
        folded(&right, challenges.y)
    );
}

/// The permutation argument's identities among them, on the coset that all classes share: X itself, selectors, and
/// products at three rotations.
#[test]
fn quotients_have_the_permutation_argument() {
    let key = key(Backend::detect());
    for seed in 0..12 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // As many pieces as cosets of the highest class: what does not vanish on the rows is right on the cosets.
        let degree = [3, 5, 9][below(&mut rng, 3)];
        let permuted = 1 + below(&mut rng, 3 * COLUMNS);
        let protocol = random_protocol(&mut rng, key.protocol.log_rows, degree, permuted);
        let challenges = Challenges::random(&mut rng);
        let rows = random_rows(&mut rng, &protocol);
        let compiled = Identities::new(Program::new(&protocol), &protocol);
        let columns = interpolated(&key, &rows);
        for strips in [1, 4] {
            let pieces = quotient(&compiled, &columns, &key.domain, &challenges, strips);
            for row in [0, 1, protocol.rows() - 1, below(&mut rng, protocol.rows())] {
                let x = Fr::MULTIPLICATIVE_GENERATOR * turned(&key.domain, row as i32);
                let right = values(identities(&protocol, &challenges, &at(&columns, &key.domain, x)));
                let found = expected(&pieces, protocol.rows(), x);
                assert_eq!(
                    found,
                    folded(&right, challenges.y),
                    "{strips} parts, row {row}, seed {seed}"
                );
            }
        }
    }
}

/// A column that is not there is an error, not a zero.
#[test]
fn missing_columns_are_errors() {
    let key = key(Backend::detect());
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut protocol = random_protocol(&mut rng, key.protocol.log_rows, 3, 0);
    let missing = Source::Advice(1);
    // Alone in a sum with another, times a column, and at another row.
    let query = |column: usize, rotation: usize| Node::Advice(column * ROTATIONS.len() + rotation);
    for (own, other) in [
        (query(1, 0), Node::Sum(0, 1)),
        (query(1, 0), Node::Product(0, 1)),
        (query(1, 1), Node::Sum(0, 1)),
    ] {
        protocol.nodes = vec![query(0, 0), own, other];
        protocol.gates[0].constraints.truncate(1);
        protocol.gates[0].constraints[0].root = 2;
        let compiled = Identities::new(Program::new(&protocol), &protocol);
        let mut rows = random_rows(&mut rng, &protocol);
        let challenges = Challenges::random(&mut rng);
        let scalars = compiled.scalars(
            &challenges.circuit,
            challenges.beta,
            challenges.gamma,
            challenges.y,
        );
        let whole = interpolated(&key, &rows);
        assert!(compiled.evaluate(&whole, &key.domain, &scalars, 1).is_ok());
        rows.remove(&missing);
        let columns = interpolated(&key, &rows);
        for strips in [1, 2] {
            let error = compiled.evaluate(&columns, &key.domain, &scalars, strips).err();
            assert!(matches!(error, Some(EngineError::Key(_))), "{error:?}");
        }
    }
}

/// Polynomials by values and by coefficients, mixed: sums of them and their values at several points.
#[test]
fn polynomials_by_values_and_by_coefficients_mix() {
    for backend in Backend::available() {
        let domain = Domain::new(backend, 5);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let integers: Vec<SmallColumn> = (0..3)
            .map(|_| {
                (0..32)
                    .map(|_| (rng.next_u32() % 99) as i64 - 40)
                    .collect::<Vec<i64>>()
            })
            .map(|values| SmallColumn::new(&values, 32).unwrap())
            .collect();
        let coefficients: Vec<Packed> = (0..3)
            .map(|_| (0..32).map(|_| special(&mut rng)).collect::<Vec<Fr>>())
            .map(|values| Packed::from_field(backend, &values))
            .collect();
        let x = Fr::random(&mut rng);
        let polynomial = |source: Source| match source {
            Source::Fixed(i) => integers.get(i).map(Polynomial::Values),
            Source::Advice(i) => coefficients.get(i).map(Polynomial::Coefficients),
            _ => None,
        };
        let point = |rotation: i32| x * turned(&domain, rotation);
        let queries: Vec<(Source, i32)> = ROTATIONS
            .into_iter()
            .flat_map(|rotation| {
                (0..3).flat_map(move |i| [(Source::Fixed(i), rotation), (Source::Advice(2 - i), rotation)])
            })
            .collect();
        let found = evaluate(&queries, &polynomial, &point, &domain).unwrap();
        // One sum of each polynomial alone gives its coefficients.
        let alone: Vec<Vec<(Polynomial<'_>, Fr)>> = queries
            .iter()
            .map(|(source, _)| vec![(polynomial(*source).unwrap(), Fr::ONE)])
            .collect();
        let alone = combine(&domain, &alone);
        for (i, (source, rotation)) in queries.iter().enumerate() {
            let own = alone[i].to_field();
            assert_eq!(
                found[i],
                horner(&own, point(*rotation)),
                "{source:?} at {rotation}"
            );
            if let Source::Fixed(column) = source {
                let first = SmallColumn::new(&[1], 32).unwrap();
                let row = combine(&domain, &[vec![(Polynomial::Values(&first), Fr::ONE)]]);
                assert_eq!(
                    horner(&row[0].to_field(), domain.omega()),
                    Fr::ZERO,
                    "the first row's polynomial"
                );
                assert_eq!(integers[*column].len(), own.len());
            }
            if let Source::Advice(column) = source {
                assert_eq!(own, coefficients[*column].to_field());
            }
        }
        let scalars: Vec<Fr> = queries.iter().map(|_| special(&mut rng)).collect();
        let sums: Vec<Vec<(Polynomial<'_>, Fr)>> = [0..0, 0..1, 1..2, 0..7, 3..queries.len()]
            .into_iter()
            .map(|range| {
                range
                    .map(|i| (polynomial(queries[i].0).unwrap(), scalars[i]))
                    .collect()
            })
            .collect();
        let combined = combine(&domain, &sums);
        for (sum, combined) in [0..0, 0..1, 1..2, 0..7, 3..queries.len()]
            .into_iter()
            .zip(combined)
        {
            let right: Fr = sum.map(|i| scalars[i] * horner(&alone[i].to_field(), x)).sum();
            assert_eq!(horner(&combined.to_field(), x), right);
        }
        let unknown = evaluate(
            &[(Source::Fixed(0), 0), (Source::X, 0)],
            &polynomial,
            &point,
            &domain,
        );
        assert!(matches!(unknown, Err(EngineError::Key(_))));
    }
}
