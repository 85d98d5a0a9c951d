//! Accumulator columns: Horner evaluation of block rows.
//!
//! `E[r] = step(r)·E[r−1] + Σ_j coefficient_j(r)·(cell_j[r] + offset[r])`. Steps and coefficient vectors (*patterns*) are fixed
//! challenge monomials; each row of an accumulator selects at most one of each.

use crate::{
    block::Bank,
    expression::Atom,
    functional::{Base, Step},
};
use foldhash::{HashMap, HashSet, HashSetExt};

/// A challenge monomial `base^power · ρ^rho`, relative to the row's lowest power.
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

/// What one row of an accumulator does. `None` for both leaves it zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowUse {
    /// Index in [`Accumulators::patterns`].
    pub pattern: Option<u32>,
    /// Index in [`Accumulators::steps`].
    pub step: Option<u32>,
    /// Whether an evaluation owns this row.
    pub taken: bool,
}

impl RowUse {
    /// The selectors of the row: whether of a pattern, and which.
    fn selectors(&self) -> impl Iterator<Item = (bool, u32)> + use<> {
        let pattern = self.pattern.map(|p| (true, p));
        pattern.into_iter().chain(self.step.map(|s| (false, s)))
    }
}

/// All accumulators of a circuit.
#[derive(Clone, Debug, Default)]
pub struct Accumulators {
    /// Distinct patterns.
    pub patterns: Vec<Pattern>,
    /// Distinct steps.
    pub steps: Vec<Step>,
    /// Per accumulator, its rows.
    pub columns: Vec<Vec<RowUse>>,
    /// Per accumulator, the selectors that its rows use.
    selectors: Vec<HashSet<(bool, u32)>>,
    pattern_index: HashMap<Pattern, u32>,
    step_index: HashMap<Step, u32>,
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

    /// Places a run of rows, starting at circuit row `first`, in an accumulator that is free there: the one in which it
    /// needs the fewest new selectors, or a new one if none is free. Returns the accumulator's index.
    pub fn place(&mut self, first: usize, rows: &[RowUse]) -> usize {
        let end = first + rows.len();
        let free = |column: &Vec<RowUse>| column.iter().take(end).skip(first).all(|row| !row.taken);
        let mut wanted: Vec<(bool, u32)> = rows.iter().flat_map(RowUse::selectors).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let new_selectors = |index: usize| {
            let used = &self.selectors[index];
            wanted.iter().filter(|selector| !used.contains(selector)).count()
        };
        let candidates = (0..self.columns.len()).filter(|i| free(&self.columns[*i]));
        let index = match candidates.min_by_key(|i| new_selectors(*i)) {
            Some(index) => index,
            None => {
                self.columns.push(Vec::new());
                self.selectors.push(HashSet::new());
                self.columns.len() - 1
            }
        };
        self.selectors[index].extend(wanted);
        let column = &mut self.columns[index];
        if column.len() < end {
            column.resize(end, RowUse::default());
        }
        for (target, row) in column[first..end].iter_mut().zip(rows) {
            *target = RowUse { taken: true, ..*row };
        }
        index
    }

    /// An evaluation that is zero: a row that nothing else uses and that its gate forces to zero.
    pub fn zero(&mut self) -> Atom {
        let free = |row: &usize| self.columns.iter().any(|c| c.get(*row).is_none_or(|r| !r.taken));
        let row = (0..self.height()).find(free).unwrap_or(self.height());
        Atom::Evaluation {
            index: self.place(row, &[RowUse::default()]),
            row,
        }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_runs_get_their_own_accumulators() {
        let mut all = Accumulators::default();
        let row = RowUse::default();
        assert_eq!(all.place(3, &[row; 4]), 0);
        assert_eq!(all.place(6, &[row; 2]), 1, "row 6 is taken");
        assert_eq!(all.place(7, &[row; 2]), 0);
        assert_eq!(all.place(0, &[row; 3]), 0);
        assert_eq!(all.height(), 9);
        assert_eq!(all.zero(), Atom::Evaluation { index: 1, row: 0 });
        assert_eq!(
            all.zero(),
            Atom::Evaluation { index: 1, row: 1 },
            "the first one is taken"
        );
    }
}
