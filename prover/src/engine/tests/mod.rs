//! The engine's steps against direct evaluation in the field: circuits with random gates, keys of a small model.

mod code;
mod cosets;
mod openings;
mod permutations;
mod programs;
mod proofs;
mod queries;
mod quotients;

use super::key::EngineKey;
use super::program::Source;
use super::{Backend, SrsBases, Structure};
use crate::extract;
use crate::planned::PlannedCircuit;
use crate::srs::Srs;
use hallmark_circuits::Target;
use hallmark_model::ops::integer::{Linear, Requantize};
use hallmark_model::quantized::{QNode, QOp, QTensor, TensorId};
use hallmark_model::{ElementKind, IntTensor, QuantizedGraph};
use hallmark_verifier::{ColumnKind, Constraint, Form, Gate, Node, PermutationColumn, Protocol, Query};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::sync::Arc;

/// Rotations at which every column of a random circuit is queried.
const ROTATIONS: [i32; 5] = [0, 1, -1, 3, -2];
/// Columns of each kind.
const COLUMNS: usize = 3;
const CHALLENGES: usize = 2;

/// A number below `bound`.
fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    (rng.next_u64() % bound as u64) as usize
}

/// Zero, one, minus one, or anything.
fn special(rng: &mut ChaCha8Rng) -> Fr {
    match below(rng, 5) {
        0 => Fr::ZERO,
        1 => Fr::ONE,
        2 => -Fr::ONE,
        3 => Fr::from(2),
        _ => Fr::random(rng),
    }
}

/// A protocol with gates of random expressions of degrees up to `degree`, all of which may share nodes.
fn random_protocol(rng: &mut ChaCha8Rng, log_rows: u32, degree: usize, permuted: usize) -> Protocol {
    let queries: Vec<Query> = (0..COLUMNS)
        .flat_map(|column| ROTATIONS.map(|rotation| Query { column, rotation }))
        .collect();
    let mut nodes = Vec::new();
    let mut degrees: Vec<usize> = Vec::new();
    for _ in 0..12 + below(rng, 30) {
        let (node, of_node) = random_node(rng, &degrees, queries.len(), degree);
        nodes.push(node);
        degrees.push(of_node);
    }
    let constraints = (0..1 + below(rng, 8)).map(|_| Constraint {
        name: String::new(),
        root: below(rng, nodes.len()),
    });
    let kinds = [ColumnKind::Advice, ColumnKind::Fixed, ColumnKind::Instance];
    let columns = (0..COLUMNS).flat_map(|column| kinds.map(|kind| PermutationColumn { kind, column }));
    Protocol {
        log_rows,
        degree,
        blinding_factors: 5,
        advice_phases: vec![0; COLUMNS],
        challenge_phases: vec![0; CHALLENGES],
        instance_columns: COLUMNS,
        fixed_queries: queries.clone(),
        advice_queries: queries.clone(),
        instance_queries: queries,
        gates: vec![Gate {
            name: String::new(),
            constraints: constraints.collect(),
        }],
        nodes,
        permutation_columns: columns.take(permuted).collect(),
        fixed_commitments: vec![hallmark_verifier::G1Affine::default(); COLUMNS],
        permutation_commitments: vec![hallmark_verifier::G1Affine::default(); permuted],
        transcript_repr: hallmark_verifier::Fr::default(),
    }
}

/// A node whose operands are earlier ones, with its degree: a leaf where there is none, or where a product would be too much.
fn random_node(rng: &mut ChaCha8Rng, degrees: &[usize], queries: usize, most: usize) -> (Node, usize) {
    if !degrees.is_empty() {
        let (a, b) = (below(rng, degrees.len()), below(rng, degrees.len()));
        match below(rng, 9) {
            0 => return (Node::Negated(a), degrees[a]),
            1 => return (Node::Scaled(a, extract::scalar(&special(rng))), degrees[a]),
            2 | 3 => return (Node::Sum(a, b), degrees[a].max(degrees[b])),
            4..=6 if degrees[a] + degrees[b] <= most => {
                return (Node::Product(a, b), degrees[a] + degrees[b]);
            }
            _ => {}
        }
    }
    match below(rng, 8) {
        0 => (Node::Constant(extract::scalar(&special(rng))), 0),
        1 => (Node::Challenge(below(rng, CHALLENGES)), 0),
        2 | 3 => (Node::Fixed(below(rng, queries)), 1),
        4 => (Node::Instance(below(rng, queries)), 1),
        _ => (Node::Advice(below(rng, queries)), 1),
    }
}

/// The challenges of a proof.
struct Challenges {
    circuit: Vec<Fr>,
    beta: Fr,
    gamma: Fr,
    y: Fr,
}

impl Challenges {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let mut draw = || Fr::random(&mut *rng);
        Self {
            circuit: (0..CHALLENGES).map(|_| draw()).collect(),
            beta: draw(),
            gamma: draw(),
            y: draw(),
        }
    }
}

/// What every identity is at a place of which `cell` tells the columns' values, each with its degree: gates, then the
/// permutation argument as halo2's book has it.
fn identities(
    protocol: &Protocol,
    challenges: &Challenges,
    cell: &dyn Fn(Source, i32) -> Fr,
) -> Vec<(Fr, usize)> {
    let mut nodes: Vec<(Fr, usize)> = Vec::new();
    for node in &protocol.nodes {
        let query =
            |source: fn(usize) -> Source, query: &Query| (cell(source(query.column), query.rotation), 1);
        nodes.push(match *node {
            Node::Constant(value) => (extract::halo_scalar(&value), 0),
            Node::Fixed(i) => query(Source::Fixed, &protocol.fixed_queries[i]),
            Node::Advice(i) => query(Source::Advice, &protocol.advice_queries[i]),
            Node::Instance(i) => query(Source::Instance, &protocol.instance_queries[i]),
            Node::Challenge(i) => (challenges.circuit[i], 0),
            Node::Negated(a) => (-nodes[a].0, nodes[a].1),
            Node::Sum(a, b) => (nodes[a].0 + nodes[b].0, nodes[a].1.max(nodes[b].1)),
            Node::Product(a, b) => (nodes[a].0 * nodes[b].0, nodes[a].1 + nodes[b].1),
            Node::Scaled(a, factor) => (nodes[a].0 * extract::halo_scalar(&factor), nodes[a].1),
        });
    }
    let constraints = protocol.gates.iter().flat_map(|gate| &gate.constraints);
    let mut all: Vec<(Fr, usize)> = constraints.map(|constraint| nodes[constraint.root]).collect();
    let count = protocol.permutation_products();
    if count == 0 {
        return all;
    }
    let z = |i: usize, rotation: i32| cell(Source::Product(i), rotation);
    let first = cell(Source::First, 0);
    all.push((first * (Fr::ONE - z(0, 0)), 2));
    let end = z(count - 1, 0);
    all.push((cell(Source::Last, 0) * (end.square() - end), 3));
    let last = -(protocol.blinding_factors as i32 + 1);
    all.extend((1..count).map(|i| (first * (z(i, 0) - z(i - 1, last)), 2)));
    for i in 0..count {
        let own = i * (protocol.degree - 2)
            ..protocol
                .permutation_columns
                .len()
                .min((i + 1) * (protocol.degree - 2));
        let (mut left, mut right) = (z(i, 1), z(i, 0));
        for j in own.clone() {
            let column = &protocol.permutation_columns[j];
            let source = match column.kind {
                ColumnKind::Fixed => Source::Fixed(column.column),
                ColumnKind::Advice => Source::Advice(column.column),
                ColumnKind::Instance => Source::Instance(column.column),
            };
            let value = cell(source, 0) + challenges.gamma;
            left *= value + challenges.beta * cell(Source::Sigma(j), 0);
            right *= value + challenges.beta * Fr::DELTA.pow([j as u64]) * cell(Source::X, 0);
        }
        all.push((cell(Source::Active, 0) * (left - right), own.len() + 2));
    }
    all
}

/// `Σ y^(last − i)·identity_i`.
fn folded(identities: &[Fr], y: Fr) -> Fr {
    identities
        .iter()
        .fold(Fr::ZERO, |sum, identity| sum * y + identity)
}

/// `y = round((x·W + b) / 8)`.
fn graph() -> Arc<QuantizedGraph> {
    let tensor = |name: &str, interval| QTensor {
        name: name.to_owned(),
        shape: vec![1, 2],
        kind: ElementKind::real(4),
        interval,
    };
    let weight = IntTensor::from_shape_vec(vec![2, 2], vec![3, -2, 5, 1]).unwrap();
    let dense = QOp::Linear(Linear {
        weight,
        bias: vec![10, -20],
    });
    let x = tensor("x", (-128, 127));
    let sums = dense.interval(&[&x]).unwrap().unwrap();
    let mut sums = tensor("z", sums);
    sums.kind = ElementKind::real(7);
    let node = |name: &str, op, input: usize| QNode {
        name: name.to_owned(),
        op,
        inputs: vec![TensorId(input)],
        outputs: vec![TensorId(input + 1)],
    };
    Arc::new(QuantizedGraph {
        name: "two".to_owned(),
        tensors: vec![x, sums, tensor("y", (-512, 511))],
        nodes: vec![
            node("dense", dense, 0),
            node("round", QOp::Requantize(Requantize { shift: 3 }), 1),
        ],
        inputs: vec![TensorId(0)],
        outputs: vec![TensorId(2)],
    })
}

/// The engine's key of a small model, with the development SRS.
fn key(backend: Backend) -> EngineKey {
    let circuit = PlannedCircuit::new(&graph(), Target::Fast, Form::PUBLIC).unwrap();
    let srs = Srs::development(circuit.k()).unwrap();
    let (structure, constraints) = Structure::with_constraints(circuit.shared_plan()).unwrap();
    let none = structure.no_commitments();
    let protocol = extract::draft(&constraints, circuit.k(), (&none.fixed, &none.permutation)).unwrap();
    let bases = SrsBases::new(srs.params(), backend).unwrap();
    EngineKey::new(protocol, Arc::new(structure), Arc::new(bases)).unwrap()
}
