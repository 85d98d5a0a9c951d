//! The identities of a circuit, compiled: in classes of degrees, each with the cosets that it needs.

use super::error::EngineError;
use super::plan::{self, Code, Input, Recipe};
use super::program::{Program, Source};
use super::roots::root_of_unity;
use hallmark_verifier::Protocol;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use std::collections::BTreeSet;

pub(super) const MISSING: EngineError = EngineError::Key("a column of a gate is missing");

/// The compiled identities of a circuit.
pub struct Identities {
    program: Program,
    pub(super) codes: Vec<Code>,
    log_rows: u32,
    /// Pieces of the quotient.
    pub(super) pieces: usize,
}

/// What changes from proof to proof.
pub struct ProofScalars {
    /// Per class, its coefficient table.
    pub(super) tables: Vec<Vec<Fr>>,
}

impl Identities {
    /// Compiles all classes.
    pub fn new(program: Program, protocol: &Protocol) -> Self {
        let classes = plan::classes(&program);
        let codes = classes
            .iter()
            .map(|class| plan::compile(&program, class))
            .collect();
        let (log_rows, pieces) = (protocol.log_rows, protocol.quotient_pieces());
        Self {
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
        // All classes are evaluated on the first coset.
        self.read_on(0).collect()
    }

    /// Cosets of the class with the highest degree.
    pub(super) fn most_cosets(&self) -> usize {
        self.codes.iter().map(|code| code.cosets).max().unwrap_or(1)
    }

    /// What the rows' domain is multiplied by to give a coset of those of the highest degree.
    pub(super) fn coset_shift(&self, coset: usize) -> Fr {
        let step = root_of_unity(self.log_rows + self.most_cosets().trailing_zeros());
        Fr::MULTIPLICATIVE_GENERATOR * step.pow([coset as u64])
    }

    /// The classes that are evaluated on a coset.
    pub(super) fn running(&self, coset: usize) -> impl Iterator<Item = usize> + '_ {
        let most = self.most_cosets();
        (0..self.codes.len()).filter(move |class| coset.is_multiple_of(most / self.codes[*class].cosets))
    }

    /// The columns that are read on a coset by themselves, more than once if several classes do.
    pub(super) fn read_on(&self, coset: usize) -> impl Iterator<Item = Source> + '_ {
        let inputs = self.running(coset).flat_map(|class| &self.codes[class].columns);
        inputs.filter_map(|input| match input {
            Input::Source(source) => Some(*source),
            Input::Virtual(_) => None,
        })
    }
}
