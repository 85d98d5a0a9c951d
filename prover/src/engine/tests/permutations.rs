//! The permutation of copied cells, and its grand products.

use super::*;
use crate::engine::cycles::Cycles;
use crate::engine::permutation::Permutation;
use crate::engine::roots::root_of_unity;
use std::collections::{BTreeMap, BTreeSet};

/// Random copies: cycles are the sets of cells that copies connect, and permutation polynomials name the next cell.
#[test]
fn cycles_are_the_connected_cells() {
    let (columns, rows) = ([4usize, 0, 7], 16usize);
    let omega = root_of_unity(4);
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut cell = || (columns[below(&mut rng, 3)], below(&mut rng, rows));
        let copies: Vec<_> = (0..1 + seed as usize % 30).map(|_| (cell(), cell())).collect();
        let cycles = Cycles::new(&columns, &copies).unwrap();
        assert_eq!(cycles.columns(), 3);
        // Naively: the set of every cell grows as long as a copy leads out of it.
        let connected = |start: (usize, usize)| {
            let mut set = BTreeSet::from([start]);
            loop {
                let before = set.len();
                for (a, b) in &copies {
                    if set.contains(a) || set.contains(b) {
                        set.extend([*a, *b]);
                    }
                }
                if set.len() == before {
                    return set;
                }
            }
        };
        let sigmas: Vec<Vec<Fr>> = (0..3).map(|i| cycles.sigma(i, omega, rows)).collect();
        let label = |i: usize, row: usize| Fr::DELTA.pow([i as u64]) * omega.pow([row as u64]);
        let next = |(i, row): (usize, usize)| {
            let all = (0..3).flat_map(|i| (0..rows).map(move |row| (i, row)));
            let mut found = all.filter(|(j, other)| label(*j, *other) == sigmas[i][row]);
            found.next().unwrap()
        };
        for (i, column) in columns.iter().enumerate() {
            let moved: BTreeSet<usize> = cycles.differences(i, omega).map(|(row, _)| row).collect();
            for row in 0..rows {
                let mut cycle = BTreeSet::new();
                let mut at = (i, row);
                while cycle.insert((columns[at.0], at.1)) {
                    at = next(at);
                }
                let right = connected((*column, row));
                assert_eq!(cycle, right, "column {column}, row {row}, seed {seed}");
                assert_eq!(
                    moved.contains(&row),
                    right.len() > 1,
                    "column {column}, row {row}, seed {seed}"
                );
            }
        }
    }
}

/// Of several permutations with the same cycles, halo2's: the key commits to it.
#[test]
fn cycles_are_merged_as_halo2_merges_them() {
    let (columns, rows) = (3usize, 12usize);
    let omega = root_of_unity(4);
    for seed in 0..60 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut cell = || (below(&mut rng, columns), below(&mut rng, rows));
        let copies: Vec<_> = (0..25).map(|_| (cell(), cell())).collect();
        // The book's algorithm on all cells: successors, a representative of each cycle, and cycles' sizes.
        let all = || (0..columns).flat_map(|i| (0..rows).map(move |row| (i, row)));
        let mut mapping: BTreeMap<(usize, usize), (usize, usize)> = all().map(|cell| (cell, cell)).collect();
        let mut aux = mapping.clone();
        let mut sizes: BTreeMap<(usize, usize), usize> = all().map(|cell| (cell, 1)).collect();
        for (left, right) in &copies {
            let (mut left_cycle, mut right_cycle) = (aux[left], aux[right]);
            if left_cycle == right_cycle {
                continue;
            }
            if sizes[&left_cycle] < sizes[&right_cycle] {
                std::mem::swap(&mut left_cycle, &mut right_cycle);
            }
            *sizes.get_mut(&left_cycle).unwrap() += sizes[&right_cycle];
            let mut at = right_cycle;
            loop {
                aux.insert(at, left_cycle);
                at = mapping[&at];
                if at == right_cycle {
                    break;
                }
            }
            let (a, b) = (mapping[left], mapping[right]);
            mapping.insert(*left, b);
            mapping.insert(*right, a);
        }
        let cycles = Cycles::new(&[0, 1, 2], &copies).unwrap();
        for i in 0..columns {
            let sigma = cycles.sigma(i, omega, rows);
            for (row, found) in sigma.iter().enumerate() {
                let (to, at) = mapping[&(i, row)];
                let right = Fr::DELTA.pow([to as u64]) * omega.pow([at as u64]);
                assert_eq!(*found, right, "column {i}, row {row}, seed {seed}");
            }
        }
    }
}

/// The last usable row may be the first or the last of a block; nothing of the blinding rows is in a product.
#[test]
fn products_end_anywhere_in_a_block() {
    let rows = 512;
    let omega = root_of_unity(9);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let columns: Vec<Vec<Fr>> = (0..2)
        .map(|_| (0..rows).map(|_| Fr::random(&mut rng)).collect())
        .collect();
    let sigmas: Vec<Vec<Fr>> = (0..2)
        .map(|_| (0..rows).map(|_| Fr::random(&mut rng)).collect())
        .collect();
    let (beta, gamma) = (Fr::random(&mut rng), Fr::random(&mut rng));
    for usable in [0, 1, 254, 255, 256, 257, 505, 511] {
        let permutation = Permutation {
            columns: columns.iter().map(Vec::as_slice).collect(),
            sigmas: &sigmas,
            chunk: 1,
            omega,
            blinding_factors: rows - 1 - usable,
        };
        let found = permutation.products(beta, gamma, || Fr::from(7)).unwrap();
        let mut product = Fr::ONE;
        for (column, found) in found.iter().enumerate() {
            assert_eq!(found.len(), rows);
            for row in 0..=usable {
                assert_eq!(
                    found[row], product,
                    "row {row} of column {column}, {usable} usable"
                );
                if row < usable {
                    let value = columns[column][row] + gamma;
                    let own = Fr::DELTA.pow([column as u64]) * omega.pow([row as u64]);
                    product *= (value + beta * own) * (value + beta * sigmas[column][row]).invert().unwrap();
                }
            }
            assert!(
                found[usable + 1..].iter().all(|cell| *cell == Fr::from(7)),
                "{usable} usable"
            );
        }
    }
}
