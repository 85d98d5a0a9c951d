//! The quotient `Σ y^i·identity_i / (X^n − 1)`, each class of degrees on as many cosets as it needs.

use super::plan::{self, Code, Coefficient, Input, Recipe, Step};
use super::program::{Program, Source};
use super::{EngineError, coset_generator};
use hallmark_kernels::{BLOCK, Backend, Domain, Packed, Registers, linear_combination};
use hallmark_verifier::Protocol;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The compiled identities of a circuit.
pub struct Quotient {
    backend: Backend,
    program: Program,
    codes: Vec<Code>,
    log_rows: u32,
    domain: Domain,
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
            domain: Domain::new(backend, log_rows),
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

    /// The pieces of the quotient, `n` coefficients each.
    pub fn evaluate<'a>(
        &self,
        column: &(dyn Fn(Source) -> Option<&'a Packed> + Sync),
        scalars: &ProofScalars,
    ) -> Result<Vec<Vec<Fr>>, EngineError> {
        let n = 1usize << self.log_rows;
        let most = self.codes.iter().map(|code| code.cosets).max().unwrap_or(1);
        let generator = coset_generator();
        let step = root_of_unity(self.log_rows + most.trailing_zeros());
        let virtuals: Vec<Vec<Packed>> = self
            .codes
            .iter()
            .zip(&scalars.tables)
            .map(|(code, table)| self.virtual_columns(code, table, column, n))
            .collect::<Result<_, _>>()?;
        let mut values: Vec<Vec<Packed>> = self.codes.iter().map(|_| Vec::new()).collect();
        for coset in 0..most {
            let shift = generator * step.pow([coset as u64]);
            let running: Vec<usize> = (0..self.codes.len())
                .filter(|c| coset % (most / self.codes[*c].cosets) == 0)
                .collect();
            let cosets = self.coset_columns(&running, column, &virtuals, shift)?;
            let vanishing = shift.pow([n as u64]) - Fr::ONE;
            let inverse = Option::<Fr>::from(vanishing.invert()).ok_or(EngineError::UnluckyChallenge)?;
            for c in running {
                let inputs: Vec<&Packed> = self.codes[c]
                    .columns
                    .iter()
                    .map(|input| {
                        cosets
                            .get(&key(c, input))
                            .ok_or(EngineError::Key("a column of a gate is missing"))
                    })
                    .collect::<Result<_, _>>()?;
                values[c].push(self.run(&self.codes[c], &scalars.tables[c], &inputs, inverse, n));
            }
        }
        let mut quotient = vec![Fr::ZERO; n * most];
        for (code, parts) in self.codes.iter().zip(values) {
            let coefficients = self.interpolate(code.cosets, &parts, generator, n);
            quotient.iter_mut().zip(coefficients).for_each(|(q, c)| *q += c);
        }
        Ok(quotient.chunks(n).take(self.pieces).map(<[Fr]>::to_vec).collect())
    }

    /// Coefficients of the columns that are added up before their FFT.
    fn virtual_columns<'a>(
        &self,
        code: &Code,
        table: &[Fr],
        column: &(dyn Fn(Source) -> Option<&'a Packed> + Sync),
        n: usize,
    ) -> Result<Vec<Packed>, EngineError> {
        let combine = |terms: &Vec<(Source, usize)>| {
            let found: Option<Vec<(&Packed, Fr)>> = terms
                .iter()
                .map(|(source, entry)| column(*source).map(|c| (c, table[*entry])))
                .collect();
            let mut sum = Packed::zeros(self.backend, n);
            linear_combination(
                &mut sum,
                &found.ok_or(EngineError::Key("a column of a gate is missing"))?,
            );
            Ok(sum)
        };
        code.virtuals.iter().map(|v| combine(&v.terms)).collect()
    }

    /// All columns that the running classes read, on one coset.
    fn coset_columns<'a>(
        &self,
        running: &[usize],
        column: &(dyn Fn(Source) -> Option<&'a Packed> + Sync),
        virtuals: &[Vec<Packed>],
        shift: Fr,
    ) -> Result<BTreeMap<(usize, Option<Source>), Packed>, EngineError> {
        let mut keys = Vec::new();
        let mut columns: Vec<Packed> = Vec::new();
        let mut result = BTreeMap::new();
        for c in running {
            for input in &self.codes[*c].columns {
                let name = key(*c, input);
                if keys.contains(&name) || result.contains_key(&name) {
                    continue;
                }
                match input {
                    Input::Source(Source::X) => {
                        result.insert(name, self.identity(shift));
                        continue;
                    }
                    Input::Source(source) => {
                        columns.push(
                            column(*source)
                                .ok_or(EngineError::Key("a column of a gate is missing"))?
                                .clone(),
                        );
                    }
                    Input::Virtual(index) => columns.push(virtuals[*c][*index].clone()),
                }
                keys.push(name);
            }
        }
        self.domain.coset_fft(&mut columns, shift);
        result.extend(keys.into_iter().zip(columns));
        Ok(result)
    }

    /// The values of X on a coset.
    fn identity(&self, shift: Fr) -> Packed {
        let omega = root_of_unity(self.log_rows);
        let values: Vec<Fr> = std::iter::successors(Some(shift), |p| Some(*p * omega))
            .take(1 << self.log_rows)
            .collect();
        Packed::from_field(self.backend, &values)
    }

    /// Runs a class's code on all rows of a coset and divides by the vanishing polynomial's value there.
    fn run(&self, code: &Code, table: &[Fr], inputs: &[&Packed], inverse: Fr, n: usize) -> Packed {
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
                for step in &code.steps {
                    match *step {
                        Step::Load {
                            out,
                            column,
                            rotation,
                        } => {
                            let at = (start as i64 + i64::from(rotation)).rem_euclid(n as i64) as usize;
                            registers.load(out, inputs[column], at);
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
    fn interpolate(&self, cosets: usize, parts: &[Packed], generator: Fr, n: usize) -> Vec<Fr> {
        let values: Vec<Vec<Fr>> = parts.iter().map(Packed::to_field).collect();
        let mut interleaved = vec![Fr::ZERO; n * cosets];
        for (offset, part) in values.iter().enumerate() {
            for (row, value) in part.iter().enumerate() {
                interleaved[row * cosets + offset] = *value;
            }
        }
        let mut column = [Packed::from_field(self.backend, &interleaved)];
        let domain = Domain::new(self.backend, self.log_rows + cosets.trailing_zeros());
        domain.coset_ifft(&mut column, generator);
        column[0].to_field()
    }
}

/// Columns of the circuit are shared by the classes, virtual ones are not.
fn key(class: usize, input: &Input) -> (usize, Option<Source>) {
    match input {
        Input::Source(source) => (usize::MAX, Some(*source)),
        Input::Virtual(index) => (class * (1 << 20) + index, None),
    }
}

/// The generator of the subgroup of order `2^log`.
fn root_of_unity(log: u32) -> Fr {
    let mut root = Fr::ROOT_OF_UNITY;
    for _ in log..Fr::S {
        root = root.square();
    }
    root
}
