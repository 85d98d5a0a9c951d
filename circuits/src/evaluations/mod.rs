//! Evaluations of stored tensors while a graph is lowered. What becomes of one is the layout's business: in strips it becomes a
//! run of rows at once, because lowering depends on how many cells hold it, and gets its place in the end; for the machine it is noted.

pub mod accumulator;
mod horner;
pub mod rates;
pub(crate) mod runs;
#[cfg(test)]
mod tests;

use crate::{
    block::{Block, Field},
    expression::Atom,
    functional::Functional,
};
use accumulator::{Accumulators, Mark};
use std::sync::Arc;

/// Accumulators that every network of several layers has.
pub(crate) const EXPECTED: usize = 6;

/// An evaluation that is noted.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The node that needs it, for reports.
    pub node: Option<usize>,
    /// What is evaluated.
    pub field: Field,
    /// By which functional.
    pub functional: Arc<Functional>,
    /// Whether of products of both fields of a slot.
    pub product: bool,
}

/// The evaluations of a lowering.
#[derive(Clone, Debug)]
pub enum Evaluations {
    /// In accumulators.
    Placed(Accumulators),
    /// Noted: an atom's index is a position here.
    Noted(Vec<Evaluation>),
    /// Counted only, and with them the stored cells: what a lowering takes is known before anything has a place.
    Counted(usize),
}

impl Evaluations {
    /// The cells whose sum is an evaluation of a field of `block`.
    pub(crate) fn add(&mut self, block: &Block, evaluation: Evaluation) -> Vec<Atom> {
        match self {
            Self::Placed(all) => {
                let Evaluation {
                    field,
                    functional,
                    product,
                    ..
                } = evaluation;
                horner::compile(block, field, &functional, product, all)
            }
            Self::Noted(all) => {
                all.push(evaluation);
                let index = all.len() - 1;
                vec![Atom::Evaluation { index, row: 0 }]
            }
            Self::Counted(count) => {
                *count += 1;
                let index = *count - 1;
                vec![Atom::Evaluation { index, row: 0 }]
            }
        }
    }

    /// Whether they are only counted.
    pub(crate) fn are_counted(&self) -> bool {
        matches!(self, Self::Counted(_))
    }

    /// An evaluation that is zero.
    pub(crate) fn zero(&mut self) -> Atom {
        match self {
            Self::Placed(all) => all.zero(),
            // Row 0 of the dot section is empty.
            Self::Noted(_) | Self::Counted(_) => Atom::Total { row: 0 },
        }
    }

    /// Whether the choice of functionals decides about columns: what is noted takes rows, whatever it is.
    pub(crate) fn take_columns(&self) -> bool {
        self.accumulators().is_some()
    }

    /// Where a lowering stands, for [`Self::forget`].
    pub(crate) fn mark(&self) -> Option<Mark> {
        self.accumulators().map(Accumulators::mark)
    }

    /// Forgets what was added since.
    pub(crate) fn forget(&mut self, mark: Mark) {
        if let Self::Placed(all) = self {
            all.forget(mark);
        }
    }

    /// What the evaluations that were added since cost in a circuit of `usable` rows, in milliseconds per thousand rows: their share of
    /// the accumulators, whole ones beyond those that there are anyway, and selectors.
    pub(crate) fn cost(&self, mark: Mark, usable: usize) -> f64 {
        let (rows, together, selectors) = self.accumulators().map_or((0, 0, 0), |all| all.added(mark));
        let columns = rows as f64 / usable as f64 + together.saturating_sub(EXPECTED) as f64;
        (rates::FULL + rates::COPIED) * columns + rates::FIXED * selectors as f64
    }

    /// The accumulators; none where evaluations are noted.
    pub fn accumulators(&self) -> Option<&Accumulators> {
        match self {
            Self::Placed(all) => Some(all),
            Self::Noted(_) | Self::Counted(_) => None,
        }
    }

    /// What was noted; nothing where evaluations are placed.
    pub fn noted(&self) -> &[Evaluation] {
        match self {
            Self::Placed(_) | Self::Counted(_) => &[],
            Self::Noted(all) => all,
        }
    }
}
