//! The columns of an execution.

use super::{Strips, accumulator_values, lookups, powers::Powers, stored, totals};
use crate::{challenges::Challenges, error::CircuitError, expression::Atom, scalar::Fr};
use hallmark_model::Trace;
use halo2_proofs::halo2curves::ff::Field;

impl Strips {
    /// The phase-0 columns.
    ///
    /// # Errors
    /// [`CircuitError::NotInTable`] if a value is outside its proven interval.
    pub(crate) fn stored(&self, trace: &Trace) -> Result<Vec<Vec<i64>>, CircuitError> {
        stored::columns(self, trace)
    }

    /// The last-phase columns, with their indices.
    pub(crate) fn late(
        &self,
        stored: &[Vec<i64>],
        instance: &[Vec<Fr>],
        salt: Option<Fr>,
        challenges: &Challenges,
    ) -> Vec<(usize, Vec<Fr>)> {
        let (evaluations, lookups) = rayon::join(
            || self.evaluations(stored, instance, salt, challenges),
            || lookups::columns(self, stored, challenges),
        );
        evaluations.into_iter().chain(lookups).collect()
    }

    /// Accumulators, the dot section, and the sponge.
    fn evaluations(
        &self,
        stored: &[Vec<i64>],
        instance: &[Vec<Fr>],
        salt: Option<Fr>,
        challenges: &Challenges,
    ) -> Vec<(usize, Vec<Fr>)> {
        let powers = Powers::new(challenges);
        let accumulators = accumulator_values::columns(self, stored, instance, &powers);
        let dot = totals::columns(self, stored, &accumulators, &powers);
        let mut columns = Vec::new();
        if let (Some(sponge), Some(salt)) = (&self.sponge, salt) {
            let value_of = |atom| value_of(&accumulators, dot.last(), atom);
            let sponge = sponge.witness(self.frame.usable, salt, &value_of);
            columns.extend(self.advice.sponge.iter().copied().zip(sponge));
        }
        columns.extend(self.advice.accumulators.iter().copied().zip(accumulators));
        columns.extend(self.advice.dot.into_iter().flatten().zip(dot));
        columns
    }
}

/// The value of an evaluation.
fn value_of(accumulators: &[Vec<Fr>], totals: Option<&Vec<Fr>>, atom: Atom) -> Fr {
    match atom {
        Atom::Evaluation { index, row } => accumulators[index][row],
        Atom::Total { row } => totals.map_or(Fr::ZERO, |totals| totals[row]),
    }
}
