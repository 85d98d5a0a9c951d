//! The steps of a proof, in halo2's order.

use super::columns::Columns;
use super::error::EngineError;
use super::evaluation::evaluate;
use super::key::EngineKey;
use super::opening::{self, Opened};
use super::permutation::Permutation;
use super::polynomial::Polynomial;
use super::program::Source;
use super::queries::Queries;
use hallmark_circuits::Challenges;
use hallmark_circuits::Witness;
use hallmark_kernels::{Packed, Scalars, evaluate_many, linear_combination, msm, msm_many};
use hallmark_verifier::ColumnKind;
use halo2_proofs::halo2curves::bn256::{Fr, G1Affine};
use halo2_proofs::halo2curves::ff::{Field, FromUniformBytes};
use halo2_proofs::halo2curves::group::Curve;
use halo2_proofs::transcript::{Challenge255, TranscriptWrite};
use rand_core::RngCore;
use rayon::prelude::*;
use tracing::debug_span;

/// What one proof is made with, besides key and witness.
pub struct Run<'a> {
    /// Fills the blinding rows: that a proof reveals nothing rests on its being unpredictable.
    pub rng: &'a mut dyn RngCore,
    /// In how many parts a coset is worked on, see [`EngineKey::strips_within`]; one is fastest.
    pub strips: usize,
    /// Told from time to time which share of the work is done.
    pub progress: &'a dyn Fn(f64),
}

/// Share of the work that is done after each step, about.
mod share {
    pub const STORED: f64 = 0.12;
    pub const LATE: f64 = 0.3;
    pub const PRODUCTS: f64 = 0.4;
    pub const QUOTIENT: f64 = 0.75;
    pub const PIECES: f64 = 0.87;
}

impl EngineKey {
    /// Makes a proof; everything after the circuit's own seed is absorbed here, in halo2's order.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn prove<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        witness: &Witness,
        transcript: &mut T,
        run: &mut Run<'_>,
    ) -> Result<(), EngineError> {
        transcript.common_scalar(self.transcript_repr)?;
        for value in witness.instances().iter().flatten() {
            transcript.common_scalar(*value)?;
        }
        let mut columns = Columns::new(self, witness.instances());
        self.commit_stored(witness.stored(), &mut columns, transcript, run.rng)?;
        (run.progress)(share::STORED);
        let challenges: Vec<Fr> = (0..self.protocol.challenge_phases.len())
            .map(|_| *transcript.squeeze_challenge_scalar::<()>())
            .collect();
        self.commit_late(witness, &challenges, &mut columns, transcript, run.rng)?;
        (run.progress)(share::LATE);
        let _theta = transcript.squeeze_challenge_scalar::<()>();
        let beta = *transcript.squeeze_challenge_scalar::<()>();
        let gamma = *transcript.squeeze_challenge_scalar::<()>();
        let random = self.commit_products(beta, gamma, &mut columns, transcript, run.rng)?;
        (run.progress)(share::PRODUCTS);
        let y = *transcript.squeeze_challenge_scalar::<()>();
        let pieces = {
            let _span = debug_span!("quotient").entered();
            columns.interpolate(&self.domain);
            let scalars = self.identities.scalars(&challenges, beta, gamma, y);
            self.identities
                .evaluate(&columns, &self.domain, &scalars, run.strips)?
        };
        (run.progress)(share::QUOTIENT);
        let committed: Vec<Scalars<'_>> = pieces.iter().map(|p| Scalars::Full(p)).collect();
        for point in self.committed("commit quotient", &self.srs.monomial, &committed) {
            transcript.write_point(point)?;
        }
        (run.progress)(share::PIECES);
        let x = *transcript.squeeze_challenge_scalar::<()>();
        self.evaluate_and_open(&columns, &pieces, &random, x, transcript)
    }

    /// Commits the phase-0 columns: small integers, and random field elements in the last rows.
    fn commit_stored<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        stored: &[Vec<i64>],
        columns: &mut Columns<'_>,
        transcript: &mut T,
        rng: &mut dyn RngCore,
    ) -> Result<(), EngineError> {
        let n = self.protocol.rows();
        let tails: Vec<Vec<Fr>> = stored.iter().map(|_| self.random_rows(rng)).collect();
        let scalars: Vec<Scalars<'_>> = stored
            .iter()
            .zip(&tails)
            .map(|(rows, tail)| Scalars::Blinded { rows, tail })
            .collect();
        for point in self.committed("commit stored columns", &self.srs.lagrange, &scalars) {
            transcript.write_point(point)?;
        }
        let filled: Vec<Packed> = stored
            .par_iter()
            .zip(&tails)
            .map(|(values, tail)| {
                let mut column = Packed::from_small(self.backend(), values, n);
                for (row, value) in (n - tail.len()..).zip(tail) {
                    column.set(row, *value);
                }
                column
            })
            .collect();
        for (index, column) in filled.into_iter().enumerate() {
            if self.permutes(index) {
                columns.permuted.insert(index, column.to_field());
            }
            columns.insert(Source::Advice(index), column);
        }
        Ok(())
    }

    /// Whether an advice column is under copy constraints.
    pub(super) fn permutes(&self, advice: usize) -> bool {
        let columns = &self.protocol.permutation_columns;
        columns
            .iter()
            .any(|c| c.kind == ColumnKind::Advice && c.column == advice)
    }

    /// Computes and commits the columns that depend on challenges.
    fn commit_late<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        witness: &Witness,
        challenges: &[Fr],
        columns: &mut Columns<'_>,
        transcript: &mut T,
        rng: &mut dyn RngCore,
    ) -> Result<(), EngineError> {
        let [rho, sigma, beta, gamma] = *challenges else {
            return Err(EngineError::Key("number of challenges"));
        };
        let drawn = Challenges {
            rho,
            sigma,
            beta,
            gamma,
        };
        let mut late = {
            let _span = debug_span!("late columns").entered();
            witness.late(self.structure.plan().layout(), &drawn)
        };
        late.sort_by_key(|(index, _)| *index);
        for (_, values) in &mut late {
            values.resize(self.usable_rows(), Fr::ZERO);
            values.extend(self.random_rows(rng));
        }
        let scalars: Vec<Scalars<'_>> = late.iter().map(|(_, c)| Scalars::Full(c)).collect();
        for point in self.committed("commit late columns", &self.srs.lagrange, &scalars) {
            transcript.write_point(point)?;
        }
        let packed: Vec<Packed> = late
            .par_iter()
            .map(|(_, values)| Packed::from_field(self.backend(), values))
            .collect();
        for (packed, (index, values)) in packed.into_iter().zip(late) {
            columns.insert(Source::Advice(index), packed);
            columns.permuted.insert(index, values);
        }
        Ok(())
    }

    /// Computes and commits the grand products; with them the random polynomial, whose coefficients are returned.
    fn commit_products<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        beta: Fr,
        gamma: Fr,
        columns: &mut Columns<'_>,
        transcript: &mut T,
        rng: &mut dyn RngCore,
    ) -> Result<Packed, EngineError> {
        let span = debug_span!(
            "grand products",
            bytes = 32 * self.sigmas.len() * self.protocol.rows()
        )
        .entered();
        let mut values: Vec<&[Fr]> = Vec::new();
        for column in &self.protocol.permutation_columns {
            let found = match column.kind {
                ColumnKind::Advice => columns.permuted.get(&column.column),
                ColumnKind::Fixed | ColumnKind::Instance => None,
            };
            values.push(found.ok_or(EngineError::Key("a permuted column that is no advice column"))?);
        }
        let permutation = Permutation {
            columns: values,
            sigmas: &self.sigmas,
            chunk: self.protocol.permutation_chunk(),
            omega: self.domain.omega(),
            blinding_factors: self.protocol.blinding_factors,
        };
        let products = permutation.products(beta, gamma, || Fr::random(&mut *rng))?;
        drop(span);
        columns.permuted.clear();
        // Random values are those of a random polynomial.
        let random = random_elements(self.protocol.rows(), rng);
        let committed = products.iter().chain([&random]);
        let scalars: Vec<Scalars<'_>> = committed.map(|p| Scalars::Full(p)).collect();
        for point in self.committed(
            "commit grand products and random polynomial",
            &self.srs.lagrange,
            &scalars,
        ) {
            transcript.write_point(point)?;
        }
        for (index, product) in products.iter().enumerate() {
            columns.insert(
                Source::Product(index),
                Packed::from_field(self.backend(), product),
            );
        }
        let mut random = [Packed::from_field(self.backend(), &random)];
        self.domain.ifft(&mut random);
        let [random] = random;
        Ok(random)
    }

    /// Writes all evaluations and the opening proof.
    fn evaluate_and_open<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        columns: &Columns<'_>,
        pieces: &[Vec<Fr>],
        random: &Packed,
        x: Fr,
        transcript: &mut T,
    ) -> Result<(), EngineError> {
        let n = self.protocol.rows();
        let omega = self.domain.omega();
        let omega_inverse = Option::<Fr>::from(omega.invert()).ok_or(EngineError::UnluckyChallenge)?;
        let point = |rotation: i32| {
            let base = if rotation < 0 { omega_inverse } else { omega };
            x * base.pow([u64::from(rotation.unsigned_abs())])
        };
        let span = debug_span!("evaluate", bytes = self.queried_bytes()).entered();
        let xn = x.pow([n as u64]);
        let packed: Vec<Packed> = pieces
            .par_iter()
            .map(|piece| Packed::from_field(self.backend(), piece))
            .collect();
        let powers = std::iter::successors(Some(Fr::ONE), |power| Some(*power * xn));
        let mut quotient = Packed::zeros(self.backend(), n);
        linear_combination(&mut quotient, &packed.iter().zip(powers).collect::<Vec<_>>());
        drop(packed);
        let queries = Queries::of(self);
        let polynomial = |source| columns.polynomial(source);
        let values = evaluate(&queries.all, &polynomial, &point, &self.domain)?;
        let [random_value, quotient_value] = *evaluate_many(&[random, &quotient], x) else {
            return Err(EngineError::Key("two polynomials have two values"));
        };
        drop(span);
        for value in &values[..queries.sigmas] {
            transcript.write_scalar(*value)?;
        }
        transcript.write_scalar(random_value)?;
        for value in &values[queries.sigmas..] {
            transcript.write_scalar(*value)?;
        }
        let mut opened: Vec<(Source, Opened<'_>)> = Vec::new();
        for index in queries.opening_order() {
            let ((source, rotation), value) = (queries.all[index], values[index]);
            match opened.iter_mut().find(|(s, _)| *s == source) {
                Some((_, one)) => one.values.push((rotation, value)),
                None => {
                    let polynomial = columns
                        .polynomial(source)
                        .ok_or(EngineError::Key("a queried column is missing"))?;
                    let values = vec![(rotation, value)];
                    opened.push((source, Opened { polynomial, values }));
                }
            }
        }
        let mut opened: Vec<Opened<'_>> = opened.into_iter().map(|(_, one)| one).collect();
        for (polynomial, value) in [(&quotient, quotient_value), (random, random_value)] {
            opened.push(Opened {
                polynomial: Polynomial::Coefficients(polynomial),
                values: vec![(0, value)],
            });
        }
        let _span = debug_span!("open", bytes = self.queried_bytes()).entered();
        opening::open(&opened, point, self, transcript)
    }

    /// Commitments to several columns, as a step of its own.
    fn committed(
        &self,
        step: &'static str,
        bases: &hallmark_kernels::Bases,
        columns: &[Scalars<'_>],
    ) -> Vec<G1Affine> {
        let _span = debug_span!("commit", step, bytes = 32 * columns.len() * self.protocol.rows()).entered();
        msm_many(bases, columns)
    }

    /// The commitment to a polynomial of full-size coefficients.
    pub(super) fn commit_coefficients(&self, coefficients: &[Fr]) -> G1Affine {
        msm(&self.srs.monomial, Scalars::Full(coefficients)).to_affine()
    }

    /// What evaluation and opening read, 32 bytes per element.
    fn queried_bytes(&self) -> usize {
        let protocol = &self.protocol;
        let columns = protocol.advice_columns() + protocol.fixed_columns() + self.sigmas.len();
        32 * (columns + protocol.permutation_products()) * protocol.rows()
    }

    pub(super) fn usable_rows(&self) -> usize {
        // The key was made for more rows than blinding needs.
        self.protocol.rows() - (self.protocol.blinding_factors + 1)
    }

    /// The rows at the end of a column that no constraint reads.
    fn random_rows(&self, rng: &mut dyn RngCore) -> Vec<Fr> {
        (0..=self.protocol.blinding_factors)
            .map(|_| Fr::random(&mut *rng))
            .collect()
    }
}

pub(super) fn random_elements(count: usize, rng: &mut dyn RngCore) -> Vec<Fr> {
    let mut bytes = vec![0u8; count * 64];
    rng.fill_bytes(&mut bytes);
    let (elements, _) = bytes.as_chunks::<64>();
    elements.par_iter().map(Fr::from_uniform_bytes).collect()
}
