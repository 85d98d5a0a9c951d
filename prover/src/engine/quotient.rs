//! The quotient `Σ y^i·identity_i / (X^n − 1)`, each class of degrees on as many cosets as it needs.

use super::EngineError;
use super::columns::Columns;
use super::inputs::Inputs;
use super::plan::{self, Code, Coefficient, Input, Recipe, Step};
use super::polynomial::combine;
use super::program::{Program, Source};
use hallmark_kernels::{BLOCK, Backend, Domain, Packed, Registers};
use hallmark_verifier::Protocol;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use rayon::prelude::*;
use std::collections::BTreeSet;
use tracing::debug_span;

/// The compiled identities of a circuit.
pub struct Quotient {
    pub(super) backend: Backend,
    program: Program,
    pub(super) codes: Vec<Code>,
    log_rows: u32,
    /// Pieces of the quotient.
    pieces: usize,
}

/// What changes from proof to proof.
pub struct ProofScalars {
    /// Per class, its coefficient table.
    tables: Vec<Vec<Fr>>,
}

impl Quotient {
    /// Compiles all classes.
    pub fn new(program: Program, protocol: &Protocol, backend: Backend) -> Self {
        let classes = plan::classes(&program);
        let codes = classes
            .iter()
            .map(|class| plan::compile(&program, class))
            .collect();
        let (log_rows, pieces) = (protocol.log_rows, protocol.quotient_pieces());
        Self {
            backend,
            program,
            codes,
            log_rows,
            pieces,
        }
    }

    /// The coefficient tables for a proof's challenges.
    pub fn scalars(&self, challenges: &[Fr], beta: Fr, gamma: Fr, y: Fr) -> ProofScalars {
        let scalars = self.program.evaluate_scalars(challenges, beta, gamma);
        let count = self.program.identities.len();
        let mut powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * y))
            .take(count)
            .collect();
        powers.reverse();
        let entry = |recipe: &Recipe| match recipe {
            Recipe::Scalar(id) => scalars[*id],
            Recipe::Weights(weights) => {
                let summand = |(identity, a, b): &plan::Weight| powers[*identity] * scalars[*a] * scalars[*b];
                weights.iter().map(summand).fold(Fr::ZERO, |sum, s| sum + s)
            }
        };
        ProofScalars {
            tables: self
                .codes
                .iter()
                .map(|code| code.table.iter().map(entry).collect())
                .collect(),
        }
    }

    /// The columns that are read on cosets by themselves, not as parts of sums.
    pub fn sources(&self) -> BTreeSet<Source> {
        let inputs = self.codes.iter().flat_map(|code| &code.columns);
        inputs
            .filter_map(|input| match input {
                Input::Source(source) => Some(*source),
                Input::Virtual(_) => None,
            })
            .collect()
    }

    /// The pieces of the quotient, `n` coefficients each. Every coset is worked on in `strips` parts, a power of two that
    /// divides the number of rows: more of them take less memory and more time.
    pub fn evaluate(
        &self,
        columns: &Columns<'_>,
        domain: &Domain,
        scalars: &ProofScalars,
        strips: usize,
    ) -> Result<Vec<Vec<Fr>>, EngineError> {
        let n = domain.size();
        let most = self.most_cosets();
        let generator = Fr::MULTIPLICATIVE_GENERATOR;
        let step = root_of_unity(self.log_rows + most.trailing_zeros());
        let virtuals = self.virtual_columns(columns, domain, scalars)?;
        let rows = n / strips;
        let strip_domain = (strips > 1).then(|| Domain::new(self.backend, rows.trailing_zeros()));
        let strip_domain = strip_domain.as_ref().unwrap_or(domain);
        // Values of each class on all of its cosets: row by row, coset by coset.
        let mut values: Vec<Vec<Fr>> = self
            .codes
            .iter()
            .map(|code| vec![Fr::ZERO; n * code.cosets])
            .collect();
        for coset in 0..most {
            let coset_shift = generator * step.pow([coset as u64]);
            let vanishing = coset_shift.pow([n as u64]) - Fr::ONE;
            let inverse = Option::<Fr>::from(vanishing.invert()).ok_or(EngineError::UnluckyChallenge)?;
            let running: Vec<usize> = (0..self.codes.len())
                .filter(|c| coset % (most / self.codes[*c].cosets) == 0)
                .collect();
            for strip in 0..strips {
                // The rows that are `strip` modulo `strips`: a coset of a smaller group.
                let shift = coset_shift * domain.omega().pow([strip as u64]);
                let inputs = Inputs::new(self, &running, columns, &virtuals, strip_domain, strips, shift)?;
                let _span = debug_span!("gates", bytes = 32 * rows * running.len()).entered();
                for c in &running {
                    let code = &self.codes[*c];
                    let computed =
                        self.run(code, &scalars.tables[*c], &inputs.loads(*c, code)?, inverse, rows);
                    let offset = coset / (most / code.cosets);
                    for (i, value) in computed.to_field().into_iter().enumerate() {
                        values[*c][(strip + strips * i) * code.cosets + offset] = value;
                    }
                }
            }
        }
        drop(virtuals);
        let _span = debug_span!("interpolate quotient", bytes = 32 * n * most).entered();
        let mut quotient = vec![Fr::ZERO; n * most];
        for (code, values) in self.codes.iter().zip(values) {
            let coefficients = self.interpolate(code.cosets, values, generator);
            quotient.iter_mut().zip(coefficients).for_each(|(q, c)| *q += c);
        }
        Ok(quotient.chunks(n).take(self.pieces).map(<[Fr]>::to_vec).collect())
    }

    /// Cosets of the class with the highest degree.
    pub(super) fn most_cosets(&self) -> usize {
        self.codes.iter().map(|code| code.cosets).max().unwrap_or(1)
    }

    /// Coefficients of the columns that are added up before their FFT, by class.
    fn virtual_columns(
        &self,
        columns: &Columns<'_>,
        domain: &Domain,
        scalars: &ProofScalars,
    ) -> Result<Vec<Vec<Packed>>, EngineError> {
        let count: usize = self
            .codes
            .iter()
            .flat_map(|c| &c.virtuals)
            .map(|v| v.terms.len())
            .sum();
        let _span = debug_span!("sums of columns", bytes = 32 * count * domain.size()).entered();
        let mut sums = Vec::new();
        for (code, table) in self.codes.iter().zip(&scalars.tables) {
            for sum in &code.virtuals {
                let terms = sum.terms.iter().map(|(source, entry)| {
                    let polynomial = columns.polynomial(*source).ok_or(MISSING)?;
                    Ok((polynomial, table[*entry]))
                });
                sums.push(terms.collect::<Result<Vec<_>, EngineError>>()?);
            }
        }
        let mut combined = combine(self.backend, domain, &sums).into_iter();
        let classes = self.codes.iter();
        Ok(classes
            .map(|code| combined.by_ref().take(code.virtuals.len()).collect())
            .collect())
    }

    /// Runs a class's code on all rows of a coset and divides by the vanishing polynomial's value there.
    fn run(&self, code: &Code, table: &[Fr], loads: &[(&Packed, i32)], inverse: Fr, n: usize) -> Packed {
        let mut out = Packed::zeros(self.backend, n);
        // The last register holds coefficients.
        let scratch = code.registers;
        let value = |coefficient: Coefficient| match coefficient {
            Coefficient::One => Fr::ONE,
            Coefficient::MinusOne => -Fr::ONE,
            Coefficient::Table(entry) => table[entry],
        };
        out.chunks_mut(BLOCK).into_par_iter().for_each_init(
            || Registers::new(self.backend, code.registers + 1),
            |registers, mut target| {
                let start = target.start();
                let mut loads = loads.iter();
                for step in &code.steps {
                    match *step {
                        Step::Load { out, .. } => {
                            if let Some((column, rotation)) = loads.next() {
                                let at = (start as i64 + i64::from(*rotation)).rem_euclid(n as i64);
                                registers.load(out, column, at as usize);
                            }
                        }
                        Step::Constant { out, coefficient } => registers.broadcast(out, value(coefficient)),
                        Step::Scale { out, a, coefficient } => {
                            registers.broadcast(scratch, value(coefficient));
                            registers.mul(out, a, scratch);
                        }
                        Step::Add {
                            out,
                            a,
                            coefficient: Coefficient::One,
                        } => registers.add(out, out, a),
                        Step::Add {
                            out,
                            a,
                            coefficient: Coefficient::MinusOne,
                        } => registers.sub(out, out, a),
                        Step::Add { out, a, coefficient } => {
                            registers.broadcast(scratch, value(coefficient));
                            registers.mul_add(out, a, scratch, out);
                        }
                        Step::Multiply { out, a, b } => registers.mul(out, a, b),
                        Step::MultiplyAdd { out, a, b } => registers.mul_add(out, a, b, out),
                    }
                }
                registers.broadcast(scratch, inverse);
                registers.mul(0, 0, scratch);
                registers.store(0, &mut target, 0);
            },
        );
        out
    }

    /// Coefficients from the values on all cosets of a class.
    fn interpolate(&self, cosets: usize, values: Vec<Fr>, generator: Fr) -> Vec<Fr> {
        let mut column = [Packed::from_field(self.backend, &values)];
        drop(values);
        let domain = Domain::new(self.backend, self.log_rows + cosets.trailing_zeros());
        domain.coset_ifft(&mut column, generator);
        column[0].to_field()
    }
}

pub(super) const MISSING: EngineError = EngineError::Key("a column of a gate is missing");

/// The generator of the subgroup of order `2^log`.
pub(super) fn root_of_unity(log: u32) -> Fr {
    let mut root = Fr::ROOT_OF_UNITY;
    for _ in log..Fr::S {
        root = root.square();
    }
    root
}
