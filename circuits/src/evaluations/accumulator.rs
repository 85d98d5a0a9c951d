//! Accumulator columns: Horner evaluation of block rows.
//!
//! `E[r] = step(r)·E[r−1] + Σ_j coefficient_j(r)·(cell_j[r] + offset[r])`. Steps and coefficient vectors (*patterns*) are fixed
//! challenge monomials; each row of an accumulator selects at most one of each.

use super::runs::{self, Run, Selector};
use crate::{
    block::Bank,
    expression::Atom,
    functional::{Base, Step},
};
use foldhash::{HashMap, HashSet};

pub use super::runs::RowUse;

/// A challenge monomial `base^power · ρ^rho`: relative to the row's lowest power, but in the last row of a run.
pub type Monomial = (u32, u32);

/// The coefficients of the cells of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The bank whose lanes are read.
    pub bank: Bank,
    /// Which of the bank's offset columns belongs to the cells.
    pub offset: usize,
    /// The base of the powers.
    pub base: Base,
    /// Whether lane `j` stands for the product of lanes `j` and `j + 1`.
    pub product: bool,
    /// Lanes in ascending order, each with the sum of monomials that multiplies it.
    pub lanes: Vec<(u32, Vec<Monomial>)>,
}

/// All accumulators of a circuit.
///
/// While a graph is lowered, evaluations are *runs*, of which nobody knows in which accumulator they will be: an atom's index is that
/// of a run. [`Self::place`] gives all of them a place at once.
#[derive(Clone, Debug, Default)]
pub struct Accumulators {
    /// Distinct patterns.
    pub patterns: Vec<Pattern>,
    /// Distinct steps.
    pub steps: Vec<Step>,
    /// Per accumulator, its rows.
    pub columns: Vec<Vec<RowUse>>,
    runs: Vec<Run>,
    /// Per accumulator, the selectors that its rows use.
    selectors: Vec<HashSet<Selector>>,
    pattern_index: HashMap<Pattern, u32>,
    step_index: HashMap<Step, u32>,
}

/// What there was at some time of a lowering.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    runs: usize,
    patterns: usize,
    steps: usize,
}

impl Accumulators {
    /// Index of a pattern, added if new.
    pub fn pattern(&mut self, pattern: Pattern) -> u32 {
        if let Some(found) = self.pattern_index.get(&pattern) {
            return *found;
        }
        let index = self.patterns.len() as u32;
        self.patterns.push(pattern.clone());
        self.pattern_index.insert(pattern, index);
        index
    }

    /// Index of a step, added if new.
    pub fn step(&mut self, step: Step) -> u32 {
        *self.step_index.entry(step).or_insert_with(|| {
            self.steps.push(step);
            self.steps.len() as u32 - 1
        })
    }

    /// Adds a run.
    pub(crate) fn add(&mut self, run: Run) -> Atom {
        self.runs.push(run);
        Atom::Evaluation {
            index: self.runs.len() - 1,
            row: 0,
        }
    }

    /// An evaluation that is zero: a row that nothing else uses and that its gate forces to zero.
    pub(crate) fn zero(&mut self) -> Atom {
        self.add(Run {
            block: None,
            first: 0,
            rows: vec![RowUse::default()],
        })
    }

    /// All runs; none once they have their places.
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Gives every run, which begin at the rows `firsts`, its place, in as few accumulators as there are runs in one row. Returns the
    /// cell of each run's last row.
    pub(crate) fn place(&mut self, firsts: &[usize]) -> Vec<Atom> {
        let all = std::mem::take(&mut self.runs);
        let placed = runs::place(&all, firsts);
        self.columns = placed.columns;
        self.selectors = placed.selectors;
        placed.ends
    }

    /// What there is now.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            runs: self.runs.len(),
            patterns: self.patterns.len(),
            steps: self.steps.len(),
        }
    }

    /// Forgets what was added since.
    pub(crate) fn forget(&mut self, mark: Mark) {
        self.runs.truncate(mark.runs);
        for pattern in self.patterns.drain(mark.patterns..) {
            self.pattern_index.remove(&pattern);
        }
        for step in self.steps.drain(mark.steps..) {
            self.step_index.remove(&step);
        }
    }

    /// What was added since: rows, the most runs in one row, and patterns and steps of these that there were not before.
    pub(crate) fn added(&self, mark: Mark) -> (usize, usize, usize) {
        let runs = &self.runs[mark.runs..];
        let is_new = |(pattern, index): &Selector| {
            *index as usize >= if *pattern { mark.patterns } else { mark.steps }
        };
        let rows = runs.iter().flat_map(|run| &run.rows);
        let used: HashSet<Selector> = rows.flat_map(RowUse::selectors).filter(is_new).collect();
        let selectors = used.len();
        let rows = runs.iter().map(|run| run.rows.len()).sum();
        (rows, runs::most_together(runs), selectors)
    }

    /// Last used row plus one.
    pub fn height(&self) -> usize {
        self.columns.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Rows that evaluations own, of all accumulators.
    pub fn taken(&self) -> usize {
        self.columns.iter().flatten().filter(|row| row.taken).count()
    }

    /// Selectors of patterns and steps of all accumulators.
    pub fn selectors_used(&self) -> usize {
        self.selectors.iter().map(HashSet::len).sum()
    }

    /// Leaves of the gates of all accumulators: an expression is a tree, in which a power has as many as it is great. Steps of one base
    /// are raised together, and the lanes of a pattern that have the same power of ρ.
    pub(crate) fn leaves(&self) -> f64 {
        let of_pattern = |pattern: &Pattern| {
            let mut powers: HashMap<u32, u32> = HashMap::default();
            for (power, rho) in pattern.lanes.iter().flat_map(|(_, monomials)| monomials) {
                let highest = powers.entry(*rho).or_default();
                *highest = (*highest).max(*power);
            }
            let powers = powers
                .iter()
                .map(|(rho, highest)| f64::from(*rho) + f64::from(*highest));
            powers.sum::<f64>() + pattern.lanes.len() as f64
        };
        let of_column = |selectors: &HashSet<Selector>| {
            let patterns = selectors.iter().filter(|(pattern, _)| *pattern);
            let patterns: f64 = patterns
                .map(|(_, index)| of_pattern(&self.patterns[*index as usize]))
                .sum();
            let steps = selectors.iter().filter(|(pattern, _)| !*pattern);
            let powers = steps.map(|(_, index)| self.steps[*index as usize].power);
            patterns + f64::from(powers.max().unwrap_or(0))
        };
        self.selectors.iter().map(of_column).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::BlockId;

    fn run(first: usize, rows: usize) -> Run {
        Run {
            block: Some(BlockId(0)),
            first,
            rows: vec![RowUse::default(); rows],
        }
    }

    #[test]
    fn runs_share_as_few_accumulators_as_overlap() {
        let mut all = Accumulators::default();
        let firsts = [3, 6, 7, 0, 9];
        for (first, rows) in firsts.into_iter().zip([4, 2, 2, 3, 1]) {
            all.add(run(first, rows));
        }
        let ends = all.place(&firsts);
        let at = |index, row| Atom::Evaluation { index, row };
        // Row 6 has two runs, no row has three.
        assert_eq!(ends, [at(0, 6), at(1, 7), at(0, 8), at(0, 2), at(0, 9)]);
        assert_eq!((all.height(), all.taken(), all.columns.len()), (10, 12, 2));
    }

    #[test]
    fn zeros_are_in_rows_that_nothing_else_uses() {
        let mut all = Accumulators::default();
        all.add(run(0, 2));
        all.zero();
        all.zero();
        let ends = all.place(&[0, 0, 0]);
        let at = |index, row| Atom::Evaluation { index, row };
        assert_eq!(ends, [at(0, 1), at(0, 2), at(0, 3)]);
    }

    #[test]
    fn what_is_forgotten_has_no_index() {
        let mut all = Accumulators::default();
        let step = |power| Step {
            base: Base::Rho,
            power,
        };
        all.step(step(1));
        let mark = all.mark();
        let step_2 = RowUse {
            step: Some(all.step(step(2))),
            ..RowUse::default()
        };
        all.step(step(9));
        all.add(run(0, 3));
        all.add(Run {
            rows: vec![step_2; 2],
            ..run(2, 2)
        });
        assert_eq!(all.added(mark), (5, 2, 1));
        all.forget(mark);
        assert_eq!(all.added(mark), (0, 0, 0));
        assert_eq!((all.step(step(3)), all.step(step(2))), (1, 2));
    }
}
