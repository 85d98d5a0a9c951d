//! Openings and transcript are those of the circuit.

use crate::evm_key;
use crate::random::random_protocol;
use crate::read::{FIRST, Read};
use crate::support::Random;
use ark_ff::Field;
use hallmark_verifier::{Fr, Protocol, TranscriptKind, omega};
use std::collections::BTreeSet;

/// What is opened at which rotation: the commitment's word, the rotation, and the word of the value.
type Opening = (usize, i32, usize);

/// The openings that the circuit's queries ask for. The quotient's commitment and value have no words of the proof.
fn asked(read: &Read<'_>, protocol: &Protocol) -> BTreeSet<Opening> {
    let segments = read.segments();
    let points: Vec<usize> = segments[..segments.len() - 2]
        .iter()
        .filter(|segment| segment[0] == 1)
        .flat_map(|segment| (0..segment[2] / 2).map(|i| segment[1] + 2 * i))
        .collect();
    // Advice columns come phase by phase, then the grand products and the random polynomial.
    let advice = |column: usize| {
        let phases = &protocol.advice_phases;
        let before = (0..phases.len()).filter(|other| (phases[*other], *other) < (phases[column], column));
        points[before.count()]
    };
    let products = protocol.permutation_products();
    let product = |i: usize| points[protocol.advice_phases.len() + i];
    let constants = 17 + read.numbers[5] + read.numbers[10];
    let commitments = 2 * (protocol.fixed_commitments.len() + protocol.permutation_commitments.len());
    let fixed = FIRST + constants + read.numbers[11] - commitments;
    let sigma = fixed + 2 * protocol.fixed_commitments.len();
    let mut value = read.evaluations()..;
    let mut all = BTreeSet::new();
    for query in &protocol.advice_queries {
        all.insert((advice(query.column), query.rotation, value.next().unwrap()));
    }
    for query in &protocol.fixed_queries {
        all.insert((fixed + 2 * query.column, query.rotation, value.next().unwrap()));
    }
    all.insert((product(products), 0, value.next().unwrap()));
    for i in 0..protocol.permutation_columns.len() {
        all.insert((sigma + 2 * i, 0, value.next().unwrap()));
    }
    for i in 0..products {
        let last = [0, 1, protocol.last_rotation()];
        let places = if i + 1 < products { 3 } else { 2 };
        for rotation in &last[..places] {
            all.insert((product(i), *rotation, value.next().unwrap()));
        }
    }
    let quotient = read.memory()[2];
    all.insert((quotient, 0, quotient));
    all
}

/// The openings that a key's tables name; checks the constants 1/Π(ω^r − ω^s) of every set on the way.
fn named(read: &Read<'_>, protocol: &Protocol, powers: &[(i32, Fr)]) -> BTreeSet<Opening> {
    let places = read.memory()[3];
    let at = read.program_at() + read.numbers[12];
    let operands = read.operands(at, read.numbers[13]);
    let mut operands = operands.into_iter();
    let mut all = BTreeSet::new();
    for set in read.entries(read.sets_at()[0], read.numbers[14]) {
        let (points, members) = (set as usize >> 16, set as usize & 0xffff);
        let mut opened = Vec::new();
        for _ in 0..points {
            let (rotation, power) = powers[operands.next().unwrap() - places];
            let constant = read.scalar(operands.next().unwrap() - FIRST);
            opened.push((
                rotation,
                power,
                constant,
                operands.by_ref().take(members).collect::<Vec<_>>(),
            ));
        }
        for (_, power, constant, _) in &opened {
            let others = opened.iter().map(|(_, other, ..)| *power - other);
            let product: Fr = others.filter(|difference| *difference != Fr::from(0)).product();
            assert_eq!(*constant * product, Fr::ONE, "{protocol:?}");
        }
        for (position, commitment) in operands.by_ref().take(members).enumerate() {
            for (rotation, .., values) in &opened {
                // Values are added up by Horner's rule, from the last one.
                assert!(all.insert((commitment, *rotation, values[members - 1 - position])));
            }
        }
    }
    all
}

#[test]
fn openings_are_those_of_the_queries() {
    let mut random = Random(8);
    let power = |rotation: i32| {
        let power = omega(5).unwrap().pow([u64::from(rotation.unsigned_abs())]);
        if rotation < 0 {
            power.inverse().unwrap()
        } else {
            power
        }
    };
    for _ in 0..60 {
        let protocol = random_protocol(&mut random);
        let key = evm_key(protocol.clone());
        let read = Read::new(key.data());
        let asked = asked(&read, &protocol);
        let rotations: BTreeSet<i32> = asked.iter().map(|(_, rotation, _)| *rotation).collect();
        // The opening points are the powers that the key lists, in its own order.
        let first = 17 + read.numbers[5];
        let listed: Vec<(i32, Fr)> = (first..first + read.numbers[10])
            .map(|word| read.scalar(word))
            .map(|listed| (*rotations.iter().find(|r| power(**r) == listed).unwrap(), listed))
            .collect();
        assert_eq!(listed.len(), rotations.len());
        let named = named(&read, &protocol, &listed);
        // The quotient's commitment is a sum, which the contract puts together: its word says only which member it is.
        assert_eq!(named, asked, "{protocol:?}");
        assert_eq!(key.proof_bytes(), protocol.proof_bytes(TranscriptKind::Keccak));
        assert_eq!(key.evaluations(), protocol.proof_scalars());
        assert_eq!(key.commitments(), {
            let commitments: BTreeSet<usize> = asked.iter().map(|(commitment, ..)| *commitment).collect();
            commitments.len() + protocol.quotient_pieces() - 1
        });
    }
}

#[test]
fn proofs_are_cut_where_challenges_are_drawn() {
    let mut random = Random(9);
    for _ in 0..60 {
        let protocol = random_protocol(&mut random);
        let key = evm_key(protocol.clone());
        let read = Read::new(key.data());
        let found: Vec<[usize; 3]> = read.segments().iter().map(|s| [s[0], s[2], s[3]]).collect();
        let last = *protocol.advice_phases.iter().max().unwrap();
        let count = |phases: &[u8], phase: u8| phases.iter().filter(|p| **p == phase).count();
        let mut expected: Vec<[usize; 3]> = Vec::new();
        let mut columns = 0;
        for phase in 0..=last {
            columns += count(&protocol.advice_phases, phase);
            let drawn = count(&protocol.challenge_phases, phase) + if phase == last { 3 } else { 0 };
            // Nothing is hashed where no challenge is drawn: the columns belong to the next segment.
            if drawn > 0 {
                expected.push([1, 2 * std::mem::take(&mut columns), drawn]);
            }
        }
        expected.extend([
            [1, 2 * (protocol.permutation_products() + 1), 1],
            [2, 2 * protocol.quotient_pieces(), 1],
            [0, protocol.proof_scalars(), 2],
            [1, 2, 1],
            [1, 2, 0],
        ]);
        assert_eq!(found, expected, "{protocol:?}");
    }
}
