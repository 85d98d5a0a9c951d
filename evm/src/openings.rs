//! What a proof opens where, in halo2's order: the sets of commitments with the same points.

use crate::gates::Evaluations;
use crate::program::Operand;
use hallmark_verifier::Protocol;
use std::collections::{BTreeSet, HashMap};

/// A commitment that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Advice(usize),
    Product(usize),
    Fixed(usize),
    Sigma(usize),
    Quotient,
    Random,
}

/// A value that a commitment is opened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    Proof(Operand),
    /// What the quotient has to be.
    Quotient,
}

/// Commitments that are opened at the same points.
pub(crate) struct Set {
    /// Rotations, ascending.
    pub(crate) rotations: Vec<i32>,
    /// Every commitment with its values, in the order of the rotations.
    pub(crate) members: Vec<(Source, Vec<Opened>)>,
}

/// The sets in order of first occurrence.
pub(crate) fn sets(protocol: &Protocol) -> Vec<Set> {
    let evaluations = Evaluations::new(protocol);
    let mut all: Vec<(Source, Vec<(i32, Opened)>)> = Vec::new();
    let mut positions: HashMap<Source, usize> = HashMap::new();
    let mut add = |source: Source, rotation: i32, value: Opened| {
        let next = all.len();
        let position = *positions.entry(source).or_insert(next);
        if position == next {
            all.push((source, Vec::new()));
        }
        all[position].1.push((rotation, value));
    };
    for (i, query) in protocol.advice_queries.iter().enumerate() {
        add(
            Source::Advice(query.column),
            query.rotation,
            Opened::Proof(evaluations.advice(i)),
        );
    }
    let products = protocol.permutation_products();
    for i in 0..products {
        add(Source::Product(i), 0, Opened::Proof(evaluations.product(i, 0)));
        add(Source::Product(i), 1, Opened::Proof(evaluations.product(i, 1)));
    }
    for i in (0..products.saturating_sub(1)).rev() {
        let value = Opened::Proof(evaluations.product(i, 2));
        add(Source::Product(i), protocol.last_rotation(), value);
    }
    for (i, query) in protocol.fixed_queries.iter().enumerate() {
        add(
            Source::Fixed(query.column),
            query.rotation,
            Opened::Proof(evaluations.fixed(i)),
        );
    }
    for i in 0..protocol.permutation_columns.len() {
        add(Source::Sigma(i), 0, Opened::Proof(evaluations.sigma(i)));
    }
    add(Source::Quotient, 0, Opened::Quotient);
    add(Source::Random, 0, Opened::Proof(evaluations.random()));
    group(all)
}

fn group(all: Vec<(Source, Vec<(i32, Opened)>)>) -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    for (source, mut values) in all {
        values.sort_by_key(|(rotation, _)| *rotation);
        let (rotations, values): (Vec<i32>, Vec<Opened>) = values.into_iter().unzip();
        match sets.iter_mut().find(|set| set.rotations == rotations) {
            Some(set) => set.members.push((source, values)),
            None => sets.push(Set {
                rotations,
                members: vec![(source, values)],
            }),
        }
    }
    sets
}

/// All rotations: those of the first set, then the others.
pub(crate) fn rotations(sets: &[Set]) -> Vec<i32> {
    let first: Vec<i32> = sets.first().map(|set| set.rotations.clone()).unwrap_or_default();
    let others: BTreeSet<i32> = sets
        .iter()
        .flat_map(|set| set.rotations.iter().copied())
        .filter(|rotation| !first.contains(rotation))
        .collect();
    first.into_iter().chain(others).collect()
}
