//! The quotient `Σ y^i·identity_i / (X^n − 1)`, each class of degrees on as many cosets as it needs.

use super::columns::Columns;
use super::error::EngineError;
use super::identities::{Identities, MISSING, ProofScalars};
use super::inputs::{Inputs, Part};
use super::pieces::{OnCosets, interleaved, pieces};
use super::plan::{Code, Coefficient, Step};
use super::polynomial::combine;
use hallmark_kernels::{BLOCK, Domain, Packed, Registers};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;
use tracing::debug_span;

impl Identities {
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
        let virtuals = self.virtual_columns(columns, domain, scalars)?;
        let rows = n / strips;
        let strip_domain =
            (strips > 1).then(|| Domain::new(domain.backend(), rows.trailing_zeros()).forgetful());
        let strip_domain = strip_domain.as_ref().unwrap_or(domain);
        let mut values: Vec<OnCosets> = self.codes.iter().map(|_| OnCosets::new()).collect();
        for coset in 0..most {
            let coset_shift = self.coset_shift(coset);
            let vanishing = coset_shift.pow([n as u64]) - Fr::ONE;
            let inverse = Option::<Fr>::from(vanishing.invert()).ok_or(EngineError::UnluckyChallenge)?;
            let running: Vec<usize> = self.running(coset).collect();
            let mut parts: Vec<Vec<Packed>> = running.iter().map(|_| Vec::new()).collect();
            for strip in 0..strips {
                // The rows that are `strip` modulo `strips`: a coset of a smaller group.
                let part = Part {
                    domain: strip_domain,
                    strips,
                    shift: coset_shift * domain.omega().pow([strip as u64]),
                    kept: columns.kept_on(coset).filter(|_| strips == 1),
                };
                let inputs = Inputs::new(self, &running, columns, &virtuals, &part)?;
                let _span = debug_span!("gates", bytes = 32 * rows * running.len()).entered();
                for (part, c) in parts.iter_mut().zip(&running) {
                    let (code, table) = (&self.codes[*c], &scalars.tables[*c]);
                    part.push(self.run(code, table, &inputs.loads(*c, code)?, inverse, strip_domain));
                }
            }
            for (part, c) in parts.into_iter().zip(&running) {
                values[*c].push(interleaved(domain.backend(), part));
            }
        }
        drop(virtuals);
        let _span = debug_span!("interpolate quotient", bytes = 32 * n * most).entered();
        pieces(values, self.pieces, domain)
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
        let mut combined = combine(domain, &sums).into_iter();
        let classes = self.codes.iter();
        Ok(classes
            .map(|code| combined.by_ref().take(code.virtuals.len()).collect())
            .collect())
    }

    /// Runs a class's code on all rows of a coset of `domain` and divides by the vanishing polynomial's value there.
    fn run(
        &self,
        code: &Code,
        table: &[Fr],
        loads: &[(&Packed, i32)],
        inverse: Fr,
        domain: &Domain,
    ) -> Packed {
        let (n, backend) = (domain.size(), domain.backend());
        let mut out = Packed::zeros(backend, n);
        // The last register holds coefficients.
        let scratch = code.registers;
        let value = |coefficient: Coefficient| match coefficient {
            Coefficient::One => Fr::ONE,
            Coefficient::MinusOne => -Fr::ONE,
            Coefficient::Table(entry) => table[entry],
        };
        out.chunks_mut(BLOCK).into_par_iter().for_each_init(
            || Registers::new(backend, code.registers + 1),
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
}
