//! Random circuits.

use crate::support::{self, Random, point};
use ark_ff::Field;
use hallmark_verifier::{
    ColumnKind, Constraint, Fr, G1Affine, Gate, Node, PermutationColumn, Protocol, Query,
};

fn one_of<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len())]
}

/// A circuit of random expressions over random queries.
pub fn random_protocol(random: &mut Random) -> Protocol {
    let mut protocol = support::protocol(5);
    protocol.degree = 3 + random.below(4);
    protocol.advice_phases = vec![0, random.below(2) as u8, 2];
    protocol.challenge_phases = (0..random.below(4)).map(|_| random.below(3) as u8).collect();
    let mut queries = |columns: usize, most: usize, rotations: &[i32]| -> Vec<Query> {
        let mut all: Vec<Query> = Vec::new();
        for _ in 0..1 + random.below(most) {
            let query = Query {
                column: random.below(columns),
                rotation: one_of(random, rotations),
            };
            if !all.contains(&query) {
                all.push(query);
            }
        }
        all
    };
    protocol.fixed_queries = queries(2, 4, &[0, 0, 1, -1]);
    protocol.advice_queries = queries(3, 7, &[0, 0, 0, 1, -1, 2]);
    protocol.instance_queries = queries(2, 2, &[0]);
    protocol.fixed_commitments = vec![point(5), G1Affine::default()];
    nodes(&mut protocol, random);
    let at_zero = |kind, queries: &[Query]| -> Vec<PermutationColumn> {
        let here = queries.iter().filter(|query| query.rotation == 0);
        here.map(|query| PermutationColumn {
            kind,
            column: query.column,
        })
        .collect()
    };
    protocol.permutation_columns = [
        at_zero(ColumnKind::Advice, &protocol.advice_queries),
        at_zero(ColumnKind::Instance, &protocol.instance_queries),
        at_zero(ColumnKind::Fixed, &protocol.fixed_queries),
    ]
    .concat();
    let permuted = random.below(protocol.permutation_columns.len() + 1);
    protocol.permutation_columns.truncate(permuted);
    protocol.permutation_commitments = (0..permuted as u64).map(|i| point(20 + i)).collect();
    protocol
}

/// Expressions of at most the circuit's degree, and gates that are some of them.
fn nodes(protocol: &mut Protocol, random: &mut Random) {
    let mut degrees: Vec<usize> = Vec::new();
    protocol.nodes.clear();
    let constants = [0, 1, 1, 2, 77].map(Fr::from);
    while protocol.nodes.len() < 25 {
        let earlier = degrees.len().max(1);
        let (a, b) = (random.below(earlier), random.below(earlier));
        let degree = |i: usize| degrees.get(i).copied();
        let constant = one_of(random, &constants) * one_of(random, &[Fr::ONE, -Fr::ONE]);
        let (node, degree) = match random.below(12) {
            0 => (Node::Constant(constant), Some(0)),
            1 => (Node::Fixed(random.below(protocol.fixed_queries.len())), Some(1)),
            2 | 3 => (Node::Advice(random.below(protocol.advice_queries.len())), Some(1)),
            4 => (
                Node::Instance(random.below(protocol.instance_queries.len())),
                Some(1),
            ),
            5 if !protocol.challenge_phases.is_empty() => (
                Node::Challenge(random.below(protocol.challenge_phases.len())),
                Some(0),
            ),
            6 => (Node::Negated(a), degree(a)),
            7 | 8 => (
                Node::Sum(a, b),
                degree(a).max(degree(b)).filter(|_| degree(b).is_some()),
            ),
            9 => (Node::Scaled(a, constant), degree(a)),
            _ => (Node::Product(a, b), degree(a).zip(degree(b)).map(|(a, b)| a + b)),
        };
        if let Some(degree) = degree.filter(|degree| *degree <= protocol.degree) {
            protocol.nodes.push(node);
            degrees.push(degree);
        }
    }
    let constraint = |random: &mut Random| Constraint {
        name: String::new(),
        root: random.below(degrees.len()),
    };
    let gate = |random: &mut Random| Gate {
        name: "gate".into(),
        constraints: (0..1 + random.below(3)).map(|_| constraint(random)).collect(),
    };
    protocol.gates = (0..1 + random.below(3)).map(|_| gate(random)).collect();
}
