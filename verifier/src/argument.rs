//! The PLONK argument: reads a proof, checks gates and permutation at a random point, and leaves a pairing
//! equation to be checked. Order and formulas are those of `docs/proof-format.md`.

use crate::error::VerifyError;
use crate::opening::{Accumulator, Commitment, Openings, Source};
use crate::protocol::{ColumnKind, Node, Protocol, delta, inconsistent, omega};
use crate::size::to_u64;
use crate::transcript::{ProofReader, Transcript};
use ark_bn254::{Fr, G1Affine};
use ark_ff::{AdditiveGroup, Field, batch_inversion};
use std::collections::HashMap;

/// Commitments of a proof, in the order of its columns.
struct Commitments {
    advice: Vec<G1Affine>,
    products: Vec<G1Affine>,
    random: G1Affine,
    quotient: Vec<G1Affine>,
}

/// Challenges up to the evaluation point.
struct Challenges {
    circuit: Vec<Fr>,
    beta: Fr,
    gamma: Fr,
    y: Fr,
    x: Fr,
}

/// A grand product's evaluations at x, ωx and, for all but the last one, at the last row.
struct Product {
    here: Fr,
    next: Fr,
    last: Option<Fr>,
}

/// Evaluations at x of all queries.
struct Evaluations {
    instance: Vec<Fr>,
    advice: Vec<Fr>,
    fixed: Vec<Fr>,
    random: Fr,
    sigma: Vec<Fr>,
    products: Vec<Product>,
}

/// The point x on the domain of n-th roots of unity.
struct Point {
    omega: Fr,
    x: Fr,
    /// x^n.
    xn: Fr,
    n: Fr,
    rows: i64,
}

/// Checks everything about one proof but its pairing equation.
pub(crate) fn accumulate(
    protocol: &Protocol,
    g1: &G1Affine,
    seed: Option<Fr>,
    instances: &[Vec<Fr>],
    proof: &[u8],
    mut transcript: Transcript,
) -> Result<Accumulator, VerifyError> {
    check_instances(protocol, instances)?;
    if let Some(seed) = seed {
        transcript.absorb_scalar(&seed);
    }
    transcript.absorb_scalar(&protocol.transcript_repr);
    for value in instances.iter().flatten() {
        transcript.absorb_scalar(value);
    }
    let mut reader = ProofReader::new(proof, transcript);
    let (commitments, challenges) = read_commitments(protocol, &mut reader)?;
    let point = Point::new(protocol, challenges.x)?;
    let instance = evaluate_instances(protocol, instances, &point);
    let evaluations = read_evaluations(protocol, instance, &mut reader)?;
    let quotient = expected_quotient(protocol, &challenges, &evaluations, &point)?;
    let openings = collect_openings(protocol, &commitments, &evaluations, quotient, &point)?;
    openings.accumulate(g1, |rotation| point.rotated(rotation), reader)
}

fn check_instances(protocol: &Protocol, instances: &[Vec<Fr>]) -> Result<(), VerifyError> {
    let longest = instances.iter().map(Vec::len).max().unwrap_or(0);
    if instances.len() == protocol.instance_columns && longest <= protocol.usable_rows() {
        return Ok(());
    }
    Err(VerifyError::StatementShape {
        name: "instance columns".to_owned(),
        expected: format!(
            "{} of at most {} rows",
            protocol.instance_columns,
            protocol.usable_rows()
        ),
        found: format!("{} of up to {longest} rows", instances.len()),
    })
}

fn read_commitments(
    protocol: &Protocol,
    reader: &mut ProofReader<'_>,
) -> Result<(Commitments, Challenges), VerifyError> {
    let mut advice = vec![G1Affine::default(); protocol.advice_columns()];
    let mut circuit = vec![Fr::ZERO; protocol.challenge_phases.len()];
    for current in 0..=protocol.advice_phases.iter().max().copied().unwrap_or(0) {
        for (commitment, phase) in advice.iter_mut().zip(&protocol.advice_phases) {
            if *phase == current {
                *commitment = reader.point("advice commitment")?;
            }
        }
        for (challenge, phase) in circuit.iter_mut().zip(&protocol.challenge_phases) {
            if *phase == current {
                *challenge = reader.challenge();
            }
        }
    }
    // Lookup arguments would take this challenge (θ); circuits here have none.
    let _ = reader.challenge();
    let (beta, gamma) = (reader.challenge(), reader.challenge());
    let products = reader.points(protocol.permutation_products(), "permutation product commitment")?;
    let random = reader.point("random polynomial commitment")?;
    let y = reader.challenge();
    // Where no constraint attains the degree, the last pieces are zero.
    let quotient = (0..protocol.quotient_pieces())
        .map(|_| reader.point_or_infinity("quotient commitment"))
        .collect::<Result<_, _>>()?;
    let x = reader.challenge();
    Ok((
        Commitments {
            advice,
            products,
            random,
            quotient,
        },
        Challenges {
            circuit,
            beta,
            gamma,
            y,
            x,
        },
    ))
}

fn read_evaluations(
    protocol: &Protocol,
    instance: Vec<Fr>,
    reader: &mut ProofReader<'_>,
) -> Result<Evaluations, VerifyError> {
    let advice = reader.scalars(protocol.advice_queries.len(), "advice evaluation")?;
    let fixed = reader.scalars(protocol.fixed_queries.len(), "fixed evaluation")?;
    let random = reader.scalar("random polynomial evaluation")?;
    let sigma = reader.scalars(protocol.permutation_columns.len(), "permutation evaluation")?;
    let mut products = Vec::new();
    for left in (0..protocol.permutation_products()).rev() {
        products.push(Product {
            here: reader.scalar("permutation product evaluation")?,
            next: reader.scalar("permutation product evaluation")?,
            last: if left > 0 {
                Some(reader.scalar("permutation product evaluation")?)
            } else {
                None
            },
        });
    }
    Ok(Evaluations {
        instance,
        advice,
        fixed,
        random,
        sigma,
        products,
    })
}

impl Point {
    fn new(protocol: &Protocol, x: Fr) -> Result<Self, VerifyError> {
        let omega = omega(protocol.log_rows).ok_or_else(|| {
            inconsistent(
                "rows",
                format!("there is no domain of 2^{} rows", protocol.log_rows),
            )
        })?;
        let rows = to_u64(protocol.rows());
        let xn = x.pow([rows]);
        match xn == Fr::ONE {
            true => Err(VerifyError::DegenerateChallenge("x is a root of unity")),
            false => Ok(Point {
                omega,
                x,
                xn,
                n: Fr::from(rows),
                rows: i64::try_from(rows).unwrap_or(i64::MAX),
            }),
        }
    }

    /// ω to any power; its order is the number of rows.
    fn omega_power(&self, exponent: i64) -> Fr {
        let reduced = exponent.checked_rem_euclid(self.rows).unwrap_or_default();
        self.omega.pow([reduced.unsigned_abs()])
    }

    fn rotated(&self, rotation: i32) -> Fr {
        self.x * self.omega_power(i64::from(rotation))
    }

    /// Lagrange polynomials ℓ_first, …, ℓ_(first+count−1) at x, indices modulo n:
    /// `ℓ_i(x) = ω^i·(x^n − 1) / (n·(x − ω^i))`.
    fn lagrange(&self, first: i64, count: usize) -> Vec<Fr> {
        let mut powers = Vec::with_capacity(count);
        let mut power = self.omega_power(first);
        for _ in 0..count {
            powers.push(power);
            power *= self.omega;
        }
        let mut values: Vec<Fr> = powers.iter().map(|power| self.n * (self.x - power)).collect();
        batch_inversion(&mut values);
        let vanishing = self.xn - Fr::ONE;
        for (value, power) in values.iter_mut().zip(powers) {
            *value *= vanishing * power;
        }
        values
    }
}

/// Rows whose Lagrange polynomials are held at a time.
pub(crate) const BLOCK: usize = 1 << 12;

/// The instance columns' evaluations: the polynomial through a column, at ω^rotation·x, is
/// `Σ_j column[j]·ℓ_(j − rotation)(x)`. Queries at one rotation share the Lagrange polynomials, of which one block is held.
fn evaluate_instances(protocol: &Protocol, instances: &[Vec<Fr>], point: &Point) -> Vec<Fr> {
    let rows = instances.iter().map(Vec::len).max().unwrap_or(0);
    let mut rotations: HashMap<i32, Vec<(usize, &[Fr])>> = HashMap::new();
    for (position, query) in protocol.instance_queries.iter().enumerate() {
        let column = instances.get(query.column).map_or(&[][..], Vec::as_slice);
        rotations
            .entry(query.rotation)
            .or_default()
            .push((position, column));
    }
    let mut values = vec![Fr::ZERO; protocol.instance_queries.len()];
    for (rotation, queries) in rotations {
        for start in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows.saturating_sub(start));
            let first = i64::try_from(start).unwrap_or(i64::MAX);
            let lagrange = point.lagrange(first.saturating_sub(i64::from(rotation)), count);
            for (position, column) in &queries {
                let cells = column.iter().skip(start).zip(&lagrange);
                if let Some(value) = values.get_mut(*position) {
                    *value += cells.map(|(cell, basis)| *cell * basis).sum::<Fr>();
                }
            }
        }
    }
    values
}

/// Every expression node at x. Indices are in range, because protocols are validated.
fn evaluate_nodes(protocol: &Protocol, challenges: &[Fr], evaluations: &Evaluations) -> Vec<Fr> {
    let mut values: Vec<Fr> = Vec::with_capacity(protocol.nodes.len());
    let get = |list: &[Fr], index: usize| list.get(index).copied().unwrap_or_default();
    for node in &protocol.nodes {
        let value = match node {
            Node::Constant(value) => *value,
            Node::Fixed(query) => get(&evaluations.fixed, *query),
            Node::Advice(query) => get(&evaluations.advice, *query),
            Node::Instance(query) => get(&evaluations.instance, *query),
            Node::Challenge(challenge) => get(challenges, *challenge),
            Node::Negated(a) => -get(&values, *a),
            Node::Sum(a, b) => get(&values, *a) + get(&values, *b),
            Node::Product(a, b) => get(&values, *a) * get(&values, *b),
            Node::Scaled(a, factor) => get(&values, *a) * factor,
        };
        values.push(value);
    }
    values
}

/// What the quotient has to be at x: all constraints folded by y, divided by x^n − 1.
fn expected_quotient(
    protocol: &Protocol,
    challenges: &Challenges,
    evaluations: &Evaluations,
    point: &Point,
) -> Result<Fr, VerifyError> {
    let nodes = evaluate_nodes(protocol, &challenges.circuit, evaluations);
    let constraints = protocol.gates.iter().flat_map(|gate| &gate.constraints);
    let gates = constraints.map(|constraint| nodes.get(constraint.root).copied().unwrap_or_default());
    let permutation = permutation_constraints(protocol, challenges, evaluations, point)?;
    let folded = gates
        .chain(permutation)
        .fold(Fr::ZERO, |sum, value| sum * challenges.y + value);
    let inverse = (point.xn - Fr::ONE).inverse();
    Ok(folded * inverse.ok_or(VerifyError::DegenerateChallenge("x is a root of unity"))?)
}

fn permutation_constraints(
    protocol: &Protocol,
    challenges: &Challenges,
    evaluations: &Evaluations,
    point: &Point,
) -> Result<Vec<Fr>, VerifyError> {
    let products = &evaluations.products;
    // ℓ at the last row, at the blinding rows, and at row 0 (which is row n).
    let rows = point.lagrange(
        i64::from(protocol.last_rotation()),
        protocol.blinding_factors.saturating_add(2),
    );
    let [last_row, blinding_rows @ .., first_row] = rows.as_slice() else {
        return Ok(Vec::new());
    };
    let active = Fr::ONE - (*last_row + blinding_rows.iter().sum::<Fr>());
    let mut constraints = Vec::new();
    if let (Some(first), Some(last)) = (products.first(), products.last()) {
        constraints.push(*first_row * (Fr::ONE - first.here));
        constraints.push(*last_row * (last.here.square() - last.here));
    }
    for (previous, product) in products.iter().zip(products.iter().skip(1)) {
        constraints.push(*first_row * (product.here - previous.last.unwrap_or_default()));
    }
    let chunk = protocol.permutation_chunk();
    let values = permutation_values(protocol, evaluations)?;
    let chunks = values.chunks(chunk).zip(evaluations.sigma.chunks(chunk));
    let (delta, mut identity) = (delta(), challenges.beta * challenges.x);
    for (product, (values, sigmas)) in products.iter().zip(chunks) {
        let (mut left, mut right) = (product.next, product.here);
        for (value, sigma) in values.iter().zip(sigmas) {
            let value = *value + challenges.gamma;
            left *= value + challenges.beta * sigma;
            right *= value + identity;
            identity *= delta;
        }
        constraints.push(active * (left - right));
    }
    Ok(constraints)
}

/// The permutation columns' evaluations at x.
fn permutation_values(protocol: &Protocol, evaluations: &Evaluations) -> Result<Vec<Fr>, VerifyError> {
    let columns = protocol.permutation_columns.iter();
    columns
        .zip(protocol.permutation_queries())
        .map(|(column, query)| {
            let values = match column.kind {
                ColumnKind::Fixed => &evaluations.fixed,
                ColumnKind::Advice => &evaluations.advice,
                ColumnKind::Instance => &evaluations.instance,
            };
            let value = query.and_then(|query| values.get(query).copied());
            value.ok_or_else(|| {
                inconsistent("permutation", format!("{column:?} is not queried at rotation 0"))
            })
        })
        .collect()
}

/// Everything that the proof opens, in halo2's order.
fn collect_openings(
    protocol: &Protocol,
    commitments: &Commitments,
    evaluations: &Evaluations,
    quotient: Fr,
    point: &Point,
) -> Result<Openings, VerifyError> {
    let mut openings = Openings::default();
    let single = |list: &[G1Affine], position: usize| {
        let commitment = list.get(position).copied().map(Commitment::Single);
        commitment.ok_or_else(|| inconsistent("queries", format!("there is no column {position}")))
    };
    for (query, value) in protocol.advice_queries.iter().zip(&evaluations.advice) {
        let commitment = single(&commitments.advice, query.column)?;
        openings.add(Source::Advice(query.column), commitment, query.rotation, *value);
    }
    for (position, product) in evaluations.products.iter().enumerate() {
        let commitment = single(&commitments.products, position)?;
        openings.add(Source::Product(position), commitment.clone(), 0, product.here);
        openings.add(Source::Product(position), commitment, 1, product.next);
    }
    for (position, product) in evaluations.products.iter().enumerate().rev() {
        if let Some(value) = product.last {
            let commitment = single(&commitments.products, position)?;
            openings.add(
                Source::Product(position),
                commitment,
                protocol.last_rotation(),
                value,
            );
        }
    }
    for (query, value) in protocol.fixed_queries.iter().zip(&evaluations.fixed) {
        let commitment = single(&protocol.fixed_commitments, query.column)?;
        openings.add(Source::Fixed(query.column), commitment, query.rotation, *value);
    }
    for (position, value) in evaluations.sigma.iter().enumerate() {
        let commitment = single(&protocol.permutation_commitments, position)?;
        openings.add(Source::Sigma(position), commitment, 0, *value);
    }
    let mut power = Fr::ONE;
    let pieces = commitments.quotient.iter().map(|piece| {
        let term = (power, *piece);
        power *= point.xn;
        term
    });
    openings.add(
        Source::Quotient,
        Commitment::Combination(pieces.collect()),
        0,
        quotient,
    );
    openings.add(
        Source::Random,
        Commitment::Single(commitments.random),
        0,
        evaluations.random,
    );
    Ok(openings)
}
