//! The program computes what the circuit's constraints are folded to.

use crate::evm_key;
use crate::random::random_protocol;
use crate::read::{FIRST, Read};
use crate::support::Random;
use ark_ff::Field;
use hallmark_verifier::{ColumnKind, Fr, Node, PermutationColumn, Protocol, Query, delta};
use std::collections::BTreeMap;

/// What the words of memory stand for.
struct Words<'a> {
    read: &'a Read<'a>,
    protocol: &'a Protocol,
    memory: BTreeMap<usize, Fr>,
}

impl Words<'_> {
    fn derived(&self, position: usize) -> Fr {
        self.memory[&(self.read.memory()[1] + position)]
    }

    fn challenge(&self, from_end: usize) -> Fr {
        self.memory[&(self.read.memory()[1] - from_end)]
    }

    fn evaluation(&self, position: usize) -> Fr {
        self.memory[&(self.read.evaluations() + position)]
    }

    /// Challenges of the circuit are drawn phase by phase.
    fn circuit_challenge(&self, index: usize) -> Fr {
        let phases = &self.protocol.challenge_phases;
        let before = (0..phases.len()).filter(|other| (phases[*other], *other) < (phases[index], index));
        self.memory[&(self.read.memory()[0] + before.count())]
    }

    fn query(&self, kind: ColumnKind, query: usize) -> Fr {
        match kind {
            ColumnKind::Advice => self.evaluation(query),
            ColumnKind::Fixed => self.evaluation(self.protocol.advice_queries.len() + query),
            ColumnKind::Instance => self.derived(5 + self.protocol.instance_queries[query].column),
        }
    }

    fn permuted(&self, column: &PermutationColumn) -> Fr {
        let queries = match column.kind {
            ColumnKind::Advice => &self.protocol.advice_queries,
            ColumnKind::Fixed => &self.protocol.fixed_queries,
            ColumnKind::Instance => &self.protocol.instance_queries,
        };
        let here = Query {
            column: column.column,
            rotation: 0,
        };
        self.query(
            column.kind,
            queries.iter().position(|query| *query == here).unwrap(),
        )
    }

    /// The constraints of gates and permutation, node by node.
    fn constraints(&self) -> Vec<Fr> {
        let mut values: Vec<Fr> = Vec::new();
        for node in &self.protocol.nodes {
            values.push(match *node {
                Node::Constant(value) => value,
                Node::Fixed(query) => self.query(ColumnKind::Fixed, query),
                Node::Advice(query) => self.query(ColumnKind::Advice, query),
                Node::Instance(query) => self.query(ColumnKind::Instance, query),
                Node::Challenge(index) => self.circuit_challenge(index),
                Node::Negated(a) => -values[a],
                Node::Sum(a, b) => values[a] + values[b],
                Node::Product(a, b) => values[a] * values[b],
                Node::Scaled(a, factor) => values[a] * factor,
            });
        }
        let gates = self.protocol.gates.iter().flat_map(|gate| &gate.constraints);
        let mut all: Vec<Fr> = gates.map(|constraint| values[constraint.root]).collect();
        all.extend(self.permutation());
        all
    }

    fn permutation(&self) -> Vec<Fr> {
        let protocol = self.protocol;
        let products = protocol.permutation_products();
        if products == 0 {
            return Vec::new();
        }
        let sigmas = protocol.advice_queries.len() + protocol.fixed_queries.len() + 1;
        let columns = &protocol.permutation_columns;
        let product = |i: usize, place| self.evaluation(sigmas + columns.len() + 3 * i + place);
        let (first, last, active) = (self.derived(0), self.derived(1), self.derived(2));
        let (beta, gamma, x) = (self.challenge(7), self.challenge(6), self.challenge(4));
        let end = product(products - 1, 0);
        let mut all = vec![first * (Fr::ONE - product(0, 0)), last * end * (end - Fr::ONE)];
        all.extend((1..products).map(|i| first * (product(i, 0) - product(i - 1, 2))));
        let chunk = protocol.permutation_chunk();
        for i in 0..products {
            let own = chunk * i..columns.len().min(chunk * (i + 1));
            let value = |column: usize| self.permuted(&columns[column]) + gamma;
            let left = |column: usize| value(column) + beta * self.evaluation(sigmas + column);
            let right = |column: usize| value(column) + beta * x * delta().pow([column as u64]);
            let left: Fr = own.clone().map(left).product();
            let right: Fr = own.map(right).product();
            all.push(active * (product(i, 1) * left - product(i, 0) * right));
        }
        all
    }
}

/// Runs a key's program on random words and returns what it folds the constraints to, and what they are.
fn run(protocol: &Protocol, random: &mut Random) -> (Fr, Fr) {
    let key = evm_key(protocol.clone());
    let read = Read::new(key.data());
    let [challenges, derived, quotient, ..] = read.memory();
    let mut memory = BTreeMap::new();
    let evaluations = read.evaluations()..read.evaluations() + protocol.proof_scalars();
    for word in (challenges..quotient).chain(evaluations) {
        memory.insert(word, Fr::from(random.next()));
    }
    assert_eq!(derived - challenges, protocol.challenge_phases.len() + 8);
    let constants = 17 + read.numbers[5] + read.numbers[10];
    for word in constants..read.program_at() {
        memory.insert(FIRST + word, read.scalar(word));
    }
    let last = read.segments().last().copied().unwrap();
    // Behind the last segment there is a word for the state, too.
    let mut next = last[1] + last[2] + 1;
    for word in read
        .operands(read.program_at(), read.numbers[12])
        .chunks_exact(16)
    {
        for instruction in word[..15].chunks_exact(3) {
            let [a, b, c] = [0, 1, 2].map(|i| memory.get(&instruction[i]).copied().unwrap());
            memory.insert(next, a * b + c);
            next += 1;
        }
    }
    let words = Words {
        read: &read,
        protocol,
        memory,
    };
    let y = words.challenge(5);
    let expected = words
        .constraints()
        .into_iter()
        .fold(Fr::from(0), |sum, value| sum * y + value);
    (words.memory[&read.numbers[16]], expected)
}

#[test]
fn programs_compute_the_folded_constraints() {
    let mut random = Random(7);
    let (mut nonzero, mut permuted) = (0, 0);
    for case in 0..120 {
        let protocol = random_protocol(&mut random);
        let (found, expected) = run(&protocol, &mut random);
        assert_eq!(found, expected, "case {case}: {protocol:?}");
        nonzero += usize::from(expected != Fr::from(0));
        permuted += usize::from(protocol.permutation_products() > 1);
    }
    assert!(
        nonzero > 100 && permuted > 20,
        "{nonzero} of 120, {permuted} with several products"
    );
}
