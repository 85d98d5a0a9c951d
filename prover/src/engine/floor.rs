//! The least that a proof of a network's cells takes with this engine's arithmetic: what is left if every column is full and
//! nothing is there but cells.

use super::error::EngineError;
use super::key::EngineKey;
use super::pieces::pieces;
use super::program::Source;
use super::prove::random_elements;
use hallmark_kernels::{Packed, Scalars, divide_by_linear, evaluate_many, linear_combination, msm_many};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rand_core::RngCore;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The time that cells alone take in full columns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Floor {
    /// Full columns of small integers.
    pub small_columns: usize,
    /// Full columns of field elements.
    pub full_columns: usize,
    /// Committing to them once, in milliseconds.
    pub commit_ms: f64,
    /// Their coefficients, their values on cosets, each read once, and the quotient's pieces, committed.
    pub quotient_ms: f64,
    /// Their values at a point and the two commitments of an opening.
    pub opening_ms: f64,
}

impl Floor {
    /// All of it, in milliseconds.
    #[must_use]
    pub fn total_ms(&self) -> f64 {
        self.commit_ms + self.quotient_ms + self.opening_ms
    }
}

impl EngineKey {
    /// Measures what `integers` and `full_cells` field elements take in as few columns as hold them, of this key's number of
    /// rows: one commitment to each column; its inverse FFT, its values on as many cosets as an average column of its kind is
    /// read on in the circuit, one product and one addition per value, and the quotient's pieces with their commitments; its
    /// value at one point, and the two commitments of an opening.
    ///
    /// Selectors, tables, weights, grand products, permutation and random polynomials are left out: what a proof takes more is
    /// due to them, and to cells of columns that are empty.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn floor(
        &self,
        integers: &[i64],
        full_cells: usize,
        rng: &mut dyn RngCore,
    ) -> Result<Floor, EngineError> {
        let (n, usable) = (self.protocol.rows(), self.usable_rows());
        let small: Vec<&[i64]> = integers.chunks(usable).collect();
        let full: Vec<Vec<Fr>> = (0..full_cells.div_ceil(usable))
            .map(|_| random_elements(n, rng))
            .collect();
        let tails: Vec<Vec<Fr>> = small.iter().map(|_| random_elements(n - usable, rng)).collect();
        let scalars: Vec<Scalars<'_>> = small
            .iter()
            .zip(&tails)
            .map(|(rows, tail)| Scalars::Blinded { rows, tail })
            .chain(full.iter().map(|column| Scalars::Full(column)))
            .collect();
        let start = Instant::now();
        msm_many(&self.srs.lagrange, &scalars);
        let commit = start.elapsed();
        let mut columns: Vec<Packed> = small
            .par_iter()
            .map(|rows| Packed::from_small(self.backend(), rows, n))
            .chain(
                full.par_iter()
                    .map(|column| Packed::from_field(self.backend(), column)),
            )
            .collect();
        drop(full);
        let challenge = Fr::random(&mut *rng);
        let start = Instant::now();
        self.domain.ifft(&mut columns);
        let piece_count = self.floor_quotient(&columns, small.len(), challenge)?;
        let quotient = start.elapsed();
        let start = Instant::now();
        self.floor_opening(&columns, piece_count, challenge);
        let opening = start.elapsed();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        Ok(Floor {
            small_columns: small.len(),
            full_columns: columns.len() - small.len(),
            commit_ms: milliseconds(commit),
            quotient_ms: milliseconds(quotient),
            opening_ms: milliseconds(opening),
        })
    }

    /// The quotient of as many columns, of which the first `small` ones hold integers; returns the number of its pieces.
    fn floor_quotient(&self, columns: &[Packed], small: usize, challenge: Fr) -> Result<usize, EngineError> {
        let n = self.protocol.rows();
        let cosets = self.identities.most_cosets();
        let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |power| Some(*power * challenge))
            .take(columns.len())
            .collect();
        let mut values = Vec::with_capacity(cosets);
        for coset in 0..cosets {
            let (of_small, of_full) = self.read_shares(coset);
            let some = |columns: &[Packed], share: f64| -> Vec<Packed> {
                let count = (share * columns.len() as f64).round() as usize;
                columns.par_iter().take(count).cloned().collect()
            };
            let mut read = some(&columns[..small], of_small);
            read.extend(some(&columns[small..], of_full));
            self.domain
                .coset_fft(&mut read, self.identities.coset_shift(coset));
            let mut sum = Packed::zeros(self.backend(), n);
            linear_combination(
                &mut sum,
                &read.iter().zip(powers.iter().copied()).collect::<Vec<_>>(),
            );
            values.push(sum);
        }
        let pieces = pieces(vec![values], self.identities.pieces, &self.domain)?;
        let scalars: Vec<Scalars<'_>> = pieces.iter().map(|piece| Scalars::Full(piece)).collect();
        msm_many(&self.srs.monomial, &scalars);
        Ok(pieces.len())
    }

    /// Values at a point of columns and as many pieces, and the two commitments of an opening.
    fn floor_opening(&self, columns: &[Packed], pieces: usize, challenge: Fr) {
        let opened: Vec<&Packed> = columns.iter().cycle().take(columns.len() + pieces).collect();
        evaluate_many(&opened, challenge);
        let powers = std::iter::successors(Some(Fr::ONE), |power| Some(*power * challenge));
        let mut sum = Packed::zeros(self.backend(), self.protocol.rows());
        linear_combination(&mut sum, &opened.into_iter().zip(powers).collect::<Vec<_>>());
        let mut sum = sum.to_field();
        for _ in 0..2 {
            divide_by_linear(&mut sum, challenge);
            self.commit_coefficients(&sum);
        }
    }

    /// Which share of the advice columns of integers, and of field elements, is read on a coset.
    fn read_shares(&self, coset: usize) -> (f64, f64) {
        let late = |column: &usize| {
            self.protocol
                .advice_phases
                .get(*column)
                .is_some_and(|phase| *phase > 0)
        };
        let read: BTreeSet<usize> = self
            .identities
            .read_on(coset)
            .filter_map(|source| match source {
                Source::Advice(column) => Some(column),
                _ => None,
            })
            .collect();
        let share = |is_late: bool| {
            let all = (0..self.protocol.advice_columns())
                .filter(|c| late(c) == is_late)
                .count();
            let read = read.iter().filter(|c| late(c) == is_late).count();
            read as f64 / all.max(1) as f64
        };
        (share(false), share(true))
    }
}
