//! Hallmark's own proving engine: makes proofs of halo2's format from the neutral [`Protocol`], the proving key's
//! columns and a witness of small integers.
//!
//! What it does differently from halo2-axiom's `create_proof`: stored cells are committed as the small integers that they
//! are; every identity is evaluated only on as many cosets as its degree needs; wide linear combinations of columns are
//! added up before their FFT; fields, FFTs and multi-scalar multiplications are [`hallmark_kernels`]'.

mod bases;
mod cycles;
mod opening;
mod permutation;
mod plan;
mod program;
mod quotient;
mod structure;

use crate::extract;
pub use bases::SrsBases;
use hallmark_circuits::Witness;
use hallmark_circuits::witness::Challenges;
pub use hallmark_kernels::Backend;
use hallmark_kernels::{Domain, Packed, Scalars, evaluate_many, msm, msm_many};
use hallmark_verifier::{ColumnKind, Protocol};
use halo2_proofs::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::group::Curve;
use halo2_proofs::transcript::{Challenge255, TranscriptWrite};
use opening::Opened;
use permutation::Permutation;
use program::{Program, Source};
use quotient::Quotient;
use rand_core::{OsRng, RngCore};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
pub use structure::{Commitments, Structure};

/// Why the engine could not make a proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The transcript could not be written.
    #[error("the transcript could not be written: {0}")]
    Transcript(#[from] std::io::Error),
    /// A challenge hit a point that has no inverse; another attempt succeeds.
    #[error("a challenge has no inverse (chance below 2^-200); prove again")]
    UnluckyChallenge,
    /// The circuit has no room for blinding rows.
    #[error("the circuit has fewer rows than blinding needs")]
    TooFewRows,
    /// The proving key does not fit the protocol.
    #[error("the proving key does not fit the circuit: {0}")]
    Key(&'static str),
}

/// What proofs of one circuit are made with.
pub struct EngineKey {
    backend: Backend,
    protocol: Protocol,
    transcript_repr: Fr,
    domain: Domain,
    omega: Fr,
    structure: Arc<Structure>,
    srs: Arc<SrsBases>,
    /// Coefficients of everything that is the same in all proofs.
    constants: BTreeMap<Source, Packed>,
    sigmas: Vec<Vec<Fr>>,
    quotient: Quotient,
}

/// Commits to polynomials.
pub struct Committer<'a> {
    key: &'a EngineKey,
}

impl Committer<'_> {
    fn rows(&self) -> usize {
        self.key.protocol.rows()
    }

    fn backend(&self) -> Backend {
        self.key.backend
    }

    fn commit_coefficients(&self, coefficients: &[Fr]) -> G1Affine {
        msm(&self.key.srs.monomial, Scalars::Full(coefficients)).to_affine()
    }
}

impl EngineKey {
    /// Prepares what is the same in all proofs.
    ///
    /// # Errors
    /// [`EngineError::Key`] if the parts have other sizes than the protocol says.
    pub fn new(
        protocol: Protocol,
        structure: Arc<Structure>,
        srs: Arc<SrsBases>,
    ) -> Result<Self, EngineError> {
        let (n, backend) = (protocol.rows(), srs.backend);
        let fixed = structure.fixed();
        if srs.rows() != n
            || fixed.len() != protocol.fixed_columns()
            || structure.cycles().columns() != protocol.permutation_columns.len()
        {
            return Err(EngineError::Key("number of rows or columns"));
        }
        if protocol.blinding_factors >= srs.blinding.len() {
            return Err(EngineError::Key("number of random rows"));
        }
        let domain = Domain::new(backend, protocol.log_rows);
        let omega = domain.omega();
        let sigmas: Vec<Vec<Fr>> = (0..structure.cycles().columns())
            .into_par_iter()
            .map(|index| structure.cycles().sigma(index, omega, n))
            .collect();
        let usable = n
            .checked_sub(protocol.blinding_factors + 1)
            .ok_or(EngineError::TooFewRows)?;
        let rows = |is_one: &(dyn Fn(usize) -> bool + Sync)| {
            let values: Vec<i64> = (0..n).map(|row| i64::from(is_one(row))).collect();
            Packed::from_small(backend, &values, n)
        };
        let mut constants = vec![
            (Source::First, rows(&|row| row == 0)),
            (Source::Last, rows(&|row| row == usable)),
            (Source::Active, rows(&|row| row < usable)),
        ];
        constants.par_extend(fixed.par_iter().enumerate().map(|(index, column)| {
            let packed = match column {
                Scalars::Small(values) => Packed::from_small(backend, values, n),
                Scalars::Full(values) | Scalars::Blinded { tail: values, .. } => {
                    let mut values = values.to_vec();
                    values.resize(n, Fr::ZERO);
                    Packed::from_field(backend, &values)
                }
            };
            (Source::Fixed(index), packed)
        }));
        constants.par_extend(
            sigmas
                .par_iter()
                .enumerate()
                .map(|(index, values)| (Source::Sigma(index), Packed::from_field(backend, values))),
        );
        let (sources, mut columns): (Vec<Source>, Vec<Packed>) = constants.into_iter().unzip();
        domain.ifft(&mut columns);
        let program = Program::new(&protocol);
        Ok(Self {
            backend,
            transcript_repr: extract::halo_scalar(&protocol.transcript_repr),
            omega,
            domain,
            srs,
            constants: sources.into_iter().zip(columns).collect(),
            sigmas,
            quotient: Quotient::new(program, &protocol, backend),
            structure,
            protocol,
        })
    }

    /// Bytes of memory that this occupies, the SRS included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let constants: usize = self.constants.values().map(Packed::bytes).sum();
        let sigmas: usize = self.sigmas.iter().map(|s| size_of_val(s.as_slice())).sum();
        constants + sigmas + self.srs.lagrange.bytes() + self.srs.blinding.bytes() + self.srs.monomial.bytes()
    }

    /// Makes a proof; everything after the circuit's own seed is absorbed here, in halo2's order.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn prove<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        witness: &Witness,
        transcript: &mut T,
    ) -> Result<(), EngineError> {
        let committer = Committer { key: self };
        let n = self.protocol.rows();
        transcript.common_scalar(self.transcript_repr)?;
        for value in witness.instances().iter().flatten() {
            transcript.common_scalar(*value)?;
        }
        let mut columns = Columns::new(self, witness.instances());
        self.commit_stored(witness.stored(), &mut columns, transcript)?;
        let mut challenges = Vec::new();
        for _ in &self.protocol.challenge_phases {
            challenges.push(*transcript.squeeze_challenge_scalar::<()>());
        }
        let late = match challenges.as_slice() {
            [rho, sigma, beta, gamma] => {
                let drawn = Challenges {
                    rho: *rho,
                    sigma: *sigma,
                    beta: *beta,
                    gamma: *gamma,
                };
                witness.late(self.structure.plan().layout(), &drawn)
            }
            _ => return Err(EngineError::Key("number of challenges")),
        };
        self.commit_late(late, &mut columns, transcript)?;
        let _theta = transcript.squeeze_challenge_scalar::<()>();
        let beta = *transcript.squeeze_challenge_scalar::<()>();
        let gamma = *transcript.squeeze_challenge_scalar::<()>();
        self.commit_products(beta, gamma, &mut columns, transcript)?;
        let random = random_elements(n);
        transcript.write_point(committer.commit_coefficients(&random))?;
        let y = *transcript.squeeze_challenge_scalar::<()>();
        columns.interpolate(&self.domain);
        let scalars = self.quotient.scalars(&challenges, beta, gamma, y);
        let pieces = self.quotient.evaluate(&|source| columns.get(source), &scalars)?;
        let committed: Vec<Scalars<'_>> = pieces.iter().map(|p| Scalars::Full(p)).collect();
        for point in msm_many(&self.srs.monomial, &committed) {
            transcript.write_point(point)?;
        }
        let x = *transcript.squeeze_challenge_scalar::<()>();
        self.evaluate_and_open(&columns, &pieces, &random, x, &committer, transcript)
    }

    /// Commits the phase-0 columns: small integers, and random field elements in the last rows.
    fn commit_stored<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        stored: &[Vec<i64>],
        columns: &mut Columns<'_>,
        transcript: &mut T,
    ) -> Result<(), EngineError> {
        let scalars: Vec<Scalars<'_>> = stored.iter().map(|c| Scalars::Small(c)).collect();
        let small = msm_many(&self.srs.lagrange, &scalars);
        let n = self.protocol.rows();
        let filled: Vec<(Packed, Vec<Fr>)> = stored
            .par_iter()
            .map(|values| {
                let mut column = Packed::from_small(self.backend, values, n);
                let (tail, first) = self.blinded_tail();
                for (i, value) in tail.iter().enumerate().skip(first) {
                    column.set(n - tail.len() + i, *value);
                }
                (column, tail)
            })
            .collect();
        let tails: Vec<Scalars<'_>> = filled.iter().map(|(_, tail)| Scalars::Full(tail)).collect();
        let random = msm_many(&self.srs.blinding, &tails);
        let sums: Vec<G1> = small.iter().zip(&random).map(|(a, b)| G1::from(*a) + b).collect();
        let mut points = vec![G1Affine::default(); sums.len()];
        G1::batch_normalize(&sums, &mut points);
        for (index, ((column, _), point)) in filled.into_iter().zip(points).enumerate() {
            transcript.write_point(point)?;
            columns.values.insert(Source::Advice(index), column);
        }
        Ok(())
    }

    /// As many values as there are blinding bases, of which those from the returned index on are random: they belong to
    /// the unusable rows.
    fn blinded_tail(&self) -> (Vec<Fr>, usize) {
        let mut tail = vec![Fr::ZERO; self.srs.blinding.len()];
        let first = tail.len() - (self.protocol.blinding_factors + 1);
        tail[first..]
            .iter_mut()
            .for_each(|cell| *cell = Fr::random(OsRng));
        (tail, first)
    }

    fn commit_late<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        mut late: Vec<(usize, Vec<Fr>)>,
        columns: &mut Columns<'_>,
        transcript: &mut T,
    ) -> Result<(), EngineError> {
        let n = self.protocol.rows();
        late.sort_by_key(|(index, _)| *index);
        for (_, values) in &mut late {
            values.resize(n - (self.protocol.blinding_factors + 1), Fr::ZERO);
            values.resize_with(n, || Fr::random(OsRng));
        }
        let scalars: Vec<Scalars<'_>> = late.iter().map(|(_, c)| Scalars::Full(c)).collect();
        for point in msm_many(&self.srs.lagrange, &scalars) {
            transcript.write_point(point)?;
        }
        let packed: Vec<(usize, Packed)> = late
            .par_iter()
            .map(|(index, values)| (*index, Packed::from_field(self.backend, values)))
            .collect();
        for ((index, packed), (_, values)) in packed.into_iter().zip(late) {
            columns.values.insert(Source::Advice(index), packed);
            columns.late.insert(index, values);
        }
        Ok(())
    }

    fn commit_products<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        beta: Fr,
        gamma: Fr,
        columns: &mut Columns<'_>,
        transcript: &mut T,
    ) -> Result<(), EngineError> {
        let mut values: Vec<&[Fr]> = Vec::new();
        for column in &self.protocol.permutation_columns {
            let found = match column.kind {
                ColumnKind::Advice => columns.late.get(&column.column),
                ColumnKind::Fixed | ColumnKind::Instance => None,
            };
            values.push(found.ok_or(EngineError::Key(
                "a permuted column that is not of the last phase",
            ))?);
        }
        let permutation = Permutation {
            columns: values,
            sigmas: &self.sigmas,
            chunk: self.protocol.permutation_chunk(),
            omega: self.omega,
            blinding_factors: self.protocol.blinding_factors,
        };
        let products = permutation.products(beta, gamma, || Fr::random(OsRng))?;
        let scalars: Vec<Scalars<'_>> = products.iter().map(|p| Scalars::Full(p)).collect();
        for point in msm_many(&self.srs.lagrange, &scalars) {
            transcript.write_point(point)?;
        }
        for (index, product) in products.iter().enumerate() {
            columns
                .values
                .insert(Source::Product(index), Packed::from_field(self.backend, product));
        }
        columns.late.clear();
        Ok(())
    }

    /// Writes all evaluations and the opening proof.
    fn evaluate_and_open<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
        &self,
        columns: &Columns<'_>,
        pieces: &[Vec<Fr>],
        random: &[Fr],
        x: Fr,
        committer: &Committer<'_>,
        transcript: &mut T,
    ) -> Result<(), EngineError> {
        let n = self.protocol.rows();
        let omega_inverse = Option::<Fr>::from(self.omega.invert()).ok_or(EngineError::UnluckyChallenge)?;
        let point = |rotation: i32| {
            let base = if rotation < 0 { omega_inverse } else { self.omega };
            x * base.pow([u64::from(rotation.unsigned_abs())])
        };
        let xn = x.pow([n as u64]);
        let mut quotient = vec![Fr::ZERO; n];
        for piece in pieces.iter().rev() {
            quotient.iter_mut().zip(piece).for_each(|(q, p)| *q = *q * xn + p);
        }
        let (quotient, random) = (
            Packed::from_field(self.backend, &quotient),
            Packed::from_field(self.backend, random),
        );
        let mut queries: Vec<(Source, i32)> = Vec::new();
        queries.extend(
            self.protocol
                .advice_queries
                .iter()
                .map(|q| (Source::Advice(q.column), q.rotation)),
        );
        let fixed_start = queries.len();
        queries.extend(
            self.protocol
                .fixed_queries
                .iter()
                .map(|q| (Source::Fixed(q.column), q.rotation)),
        );
        let sigma_start = queries.len();
        queries.extend((0..self.sigmas.len()).map(|i| (Source::Sigma(i), 0)));
        let product_start = queries.len();
        let products = self.protocol.permutation_products();
        for i in 0..products {
            queries.extend([(Source::Product(i), 0), (Source::Product(i), 1)]);
            if i + 1 < products {
                queries.push((Source::Product(i), self.protocol.last_rotation()));
            }
        }
        let values = evaluate_queries(&queries, columns, &point)?;
        let random_value = evaluate_many(&[&random], x)[0];
        for value in &values[..sigma_start] {
            transcript.write_scalar(*value)?;
        }
        transcript.write_scalar(random_value)?;
        for value in &values[sigma_start..] {
            transcript.write_scalar(*value)?;
        }
        // halo2 opens in the order advice, products, fixed, permutation polynomials, quotient, random polynomial.
        let mut order: Vec<usize> = (0..fixed_start).collect();
        order.extend((product_start..queries.len()).filter(|i| queries[*i].1 >= 0));
        order.extend((product_start..queries.len()).rev().filter(|i| queries[*i].1 < 0));
        order.extend(fixed_start..product_start);
        let mut opened: Vec<(Source, Opened<'_>)> = Vec::new();
        for index in order {
            let ((source, rotation), value) = (queries[index], values[index]);
            match opened.iter_mut().find(|(s, _)| *s == source) {
                Some((_, one)) => one.values.push((rotation, value)),
                None => {
                    let polynomial = columns
                        .get(source)
                        .ok_or(EngineError::Key("a queried column is missing"))?;
                    opened.push((
                        source,
                        Opened {
                            polynomial,
                            values: vec![(rotation, value)],
                        },
                    ));
                }
            }
        }
        let mut opened: Vec<Opened<'_>> = opened.into_iter().map(|(_, one)| one).collect();
        let quotient_value = evaluate_many(&[&quotient], x)[0];
        opened.push(Opened {
            polynomial: &quotient,
            values: vec![(0, quotient_value)],
        });
        opened.push(Opened {
            polynomial: &random,
            values: vec![(0, random_value)],
        });
        opening::open(&opened, point, committer, transcript)
    }
}

/// The polynomials of one proof: first values, then coefficients.
struct Columns<'a> {
    key: &'a EngineKey,
    values: BTreeMap<Source, Packed>,
    /// Values of the last-phase columns, until the permutation argument has read them.
    late: BTreeMap<usize, Vec<Fr>>,
}

impl<'a> Columns<'a> {
    fn new(key: &'a EngineKey, instances: &[Vec<Fr>]) -> Self {
        let n = key.protocol.rows();
        let padded = |column: &Vec<Fr>| {
            let mut values = column.clone();
            values.resize(n, Fr::ZERO);
            Packed::from_field(key.backend, &values)
        };
        let values = instances
            .iter()
            .enumerate()
            .map(|(i, c)| (Source::Instance(i), padded(c)))
            .collect();
        Self {
            key,
            values,
            late: BTreeMap::new(),
        }
    }

    fn interpolate(&mut self, domain: &Domain) {
        let (sources, mut columns): (Vec<Source>, Vec<Packed>) =
            std::mem::take(&mut self.values).into_iter().unzip();
        domain.ifft(&mut columns);
        self.values = sources.into_iter().zip(columns).collect();
    }

    fn get(&self, source: Source) -> Option<&Packed> {
        self.values
            .get(&source)
            .or_else(|| self.key.constants.get(&source))
    }
}

/// Evaluations of all queries, those at one point together.
fn evaluate_queries(
    queries: &[(Source, i32)],
    columns: &Columns<'_>,
    point: &dyn Fn(i32) -> Fr,
) -> Result<Vec<Fr>, EngineError> {
    let mut by_rotation: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (index, (_, rotation)) in queries.iter().enumerate() {
        by_rotation.entry(*rotation).or_default().push(index);
    }
    let mut values = vec![Fr::ZERO; queries.len()];
    for (rotation, indices) in by_rotation {
        let missing = EngineError::Key("a queried column is missing");
        let found: Option<Vec<&Packed>> = indices.iter().map(|i| columns.get(queries[*i].0)).collect();
        let evaluated = evaluate_many(&found.ok_or(missing)?, point(rotation));
        indices
            .into_iter()
            .zip(evaluated)
            .for_each(|(i, value)| values[i] = value);
    }
    Ok(values)
}

fn random_elements(count: usize) -> Vec<Fr> {
    // One system call's worth of entropy per element, drawn in one piece.
    let mut bytes = vec![0u8; count * 64];
    OsRng.fill_bytes(&mut bytes);
    bytes
        .par_chunks(64)
        .map(|chunk| {
            let mut wide = [0u8; 64];
            wide.copy_from_slice(chunk);
            <Fr as halo2_proofs::halo2curves::ff::FromUniformBytes<64>>::from_uniform_bytes(&wide)
        })
        .collect()
}

/// The field's generator: shifts the domain off itself.
fn coset_generator() -> Fr {
    Fr::MULTIPLICATIVE_GENERATOR
}
