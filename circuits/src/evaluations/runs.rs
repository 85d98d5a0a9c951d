//! Runs of rows that evaluate one sum each, and which accumulators they get.

use crate::{block::BlockId, expression::Atom};
use foldhash::{HashSet, HashSetExt};

/// What one row of an accumulator does. `None` for both leaves it zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowUse {
    /// Index in [`super::accumulator::Accumulators::patterns`].
    pub pattern: Option<u32>,
    /// Index in [`super::accumulator::Accumulators::steps`].
    pub step: Option<u32>,
    /// Whether an evaluation owns this row.
    pub taken: bool,
}

/// A selector of an accumulator: whether of a pattern, and which pattern or step.
pub type Selector = (bool, u32);

impl RowUse {
    /// The selectors of the row.
    pub fn selectors(&self) -> impl Iterator<Item = Selector> + use<> {
        let pattern = self.pattern.map(|p| (true, p));
        pattern.into_iter().chain(self.step.map(|s| (false, s)))
    }
}

/// Consecutive rows of one accumulator.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The block that is read; none for an evaluation that is zero, which may be in any row.
    pub block: Option<BlockId>,
    /// The first circuit row, as far as blocks are where they were stored.
    pub first: usize,
    /// What the rows do.
    pub rows: Vec<RowUse>,
}

/// Runs in their places.
pub(crate) struct Placed {
    /// Per accumulator, its rows.
    pub columns: Vec<Vec<RowUse>>,
    /// Per accumulator, the selectors that its rows use.
    pub selectors: Vec<HashSet<Selector>>,
    /// The cell of each run's last row.
    pub ends: Vec<Atom>,
}

/// Gives all runs, which begin at the rows `firsts`, a place. From the top, each gets the accumulator, of those that are free, in
/// which it needs the fewest new selectors, and a new one only where none is free: as many as there are runs in one row.
pub(crate) fn place(runs: &[Run], firsts: &[usize]) -> Placed {
    let mut placed = Placed {
        columns: Vec::new(),
        selectors: Vec::new(),
        ends: vec![Atom::Total { row: 0 }; runs.len()],
    };
    let reads = |run: &usize| runs[*run].block.is_some();
    let (mut order, zeros): (Vec<usize>, Vec<usize>) = (0..runs.len()).partition(reads);
    order.sort_by_key(|run| firsts[*run]);
    for run in order {
        placed.add(run, &runs[run].rows, firsts[run]);
    }
    for run in zeros {
        placed.add_anywhere(run, &runs[run].rows);
    }
    placed
}

impl Placed {
    fn add(&mut self, run: usize, rows: &[RowUse], first: usize) {
        let mut wanted: Vec<Selector> = rows.iter().flat_map(RowUse::selectors).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let missing = |index: &usize| {
            let used = &self.selectors[*index];
            wanted.iter().filter(|selector| !used.contains(selector)).count()
        };
        let free = (0..self.columns.len()).filter(|index| self.columns[*index].len() <= first);
        let index = match free.min_by_key(missing) {
            Some(index) => index,
            None => self.more(),
        };
        self.selectors[index].extend(wanted);
        self.own(run, index, rows, first);
    }

    /// As [`Self::add`], in the first row that any accumulator has free.
    fn add_anywhere(&mut self, run: usize, rows: &[RowUse]) {
        let free = |column: &Vec<RowUse>, row: usize| column.get(row).is_none_or(|used| !used.taken);
        let height = self.columns.iter().map(Vec::len).max().unwrap_or(0);
        let fits = |row: &usize| self.columns.iter().any(|column| free(column, *row));
        let row = (0..height).find(fits).unwrap_or(height);
        let index = self.columns.iter().position(|column| free(column, row));
        let index = index.unwrap_or_else(|| self.more());
        self.own(run, index, rows, row);
    }

    /// One accumulator more; returns its index.
    fn more(&mut self) -> usize {
        self.columns.push(Vec::new());
        self.selectors.push(HashSet::new());
        self.columns.len() - 1
    }

    fn own(&mut self, run: usize, index: usize, rows: &[RowUse], first: usize) {
        let (column, end) = (&mut self.columns[index], first + rows.len());
        if column.len() < end {
            column.resize(end, RowUse::default());
        }
        for (target, row) in column[first..end].iter_mut().zip(rows) {
            *target = RowUse { taken: true, ..*row };
        }
        self.ends[run] = Atom::Evaluation { index, row: end - 1 };
    }
}

/// The most runs that own one row.
pub(crate) fn most_together(runs: &[Run]) -> usize {
    let mut changes: Vec<(usize, i32)> = Vec::with_capacity(2 * runs.len());
    for run in runs {
        changes.push((run.first, 1));
        changes.push((run.first + run.rows.len(), -1));
    }
    changes.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    most.max(0) as usize
}
