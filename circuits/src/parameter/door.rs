//! Writing parameters into fixed columns, and the account of it.

use super::{
    element::{Entry, ParameterId, Run},
    values::Parameters,
};
use crate::{cell::CellAt, error::CircuitError};
use std::collections::{BTreeMap, BTreeSet};

/// Writes parameters into the fixed columns of a layout.
pub struct Door<'a, 'g> {
    parameters: &'a Parameters<'g>,
    held: Held,
}

/// Which cells of the fixed columns hold parameters, and which ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Where each lane lies: column, and the row that is row 0 of runs.
    lanes: Vec<CellAt>,
    /// Rows of lanes: the row, what is added to every element, and the elements.
    runs: Vec<(usize, i64, Run)>,
    /// Single cells.
    entries: Vec<(CellAt, Entry)>,
    /// Parameters whose equal elements share cells.
    pub equal: BTreeSet<ParameterId>,
}

impl<'a, 'g> Door<'a, 'g> {
    /// A door to columns that hold no parameter yet.
    pub fn new(parameters: &'a Parameters<'g>, equal: BTreeSet<ParameterId>) -> Self {
        let held = Held {
            equal,
            ..Held::default()
        };
        Self { parameters, held }
    }

    /// The number that a cell gets, which is noted if it depends on parameters.
    ///
    /// # Errors
    /// Those of [`Parameters::value`].
    pub(crate) fn number(&mut self, entry: &Entry, at: CellAt) -> Result<i64, CircuitError> {
        let value = self.parameters.value(entry)?;
        if entry.terms.is_empty() {
            return Ok(value);
        }
        self.held.entries.push((at, entry.clone()));
        Ok(value)
    }

    /// Says where lanes lie: their columns, and the rows that are row 0 of runs.
    pub(crate) fn lanes(&mut self, lanes: Vec<CellAt>) {
        self.held.lanes = lanes;
    }

    /// Writes a run, `plus` added to every element, to the lanes of a row.
    ///
    /// # Errors
    /// Those of [`Parameters::value`].
    pub(crate) fn run(
        &mut self,
        run: Run,
        row: usize,
        plus: i64,
        mut write: impl FnMut(CellAt, i64),
    ) -> Result<(), CircuitError> {
        for (value, (column, first)) in self.parameters.run(&run)?.zip(&self.held.lanes[run.lane..]) {
            write((*column, first + row), value + plus);
        }
        self.held.runs.push((row, plus, run));
        Ok(())
    }

    /// The account of what was written.
    pub(crate) fn held(self) -> Held {
        self.held
    }
}

impl Held {
    /// All cells that depend on parameters: column and row, and what they hold.
    pub fn cells(&self) -> impl Iterator<Item = (CellAt, Entry)> + '_ {
        let runs = self.runs.iter().flat_map(move |(row, plus, run)| {
            run.elements().map(move |(lane, element)| {
                let (column, first) = self.lanes[lane];
                ((column, first + row), Entry::from(*plus).plus(1, element))
            })
        });
        runs.chain(self.entries.iter().cloned())
    }

    /// How many cells depend on parameters: in each column, and on each parameter.
    pub fn counts(&self) -> (BTreeMap<usize, usize>, BTreeMap<ParameterId, usize>) {
        let (mut columns, mut of) = (BTreeMap::new(), BTreeMap::new());
        let mut lanes = vec![0; self.lanes.len()];
        for (_, _, run) in &self.runs {
            lanes[run.lane..run.lane + run.count]
                .iter_mut()
                .for_each(|cells| *cells += 1);
            *of.entry(run.of).or_default() += run.count;
        }
        for ((column, _), cells) in self.lanes.iter().zip(lanes).filter(|(_, cells)| *cells > 0) {
            *columns.entry(*column).or_default() += cells;
        }
        for ((column, _), entry) in &self.entries {
            *columns.entry(*column).or_default() += 1;
            entry
                .terms
                .iter()
                .for_each(|(_, element)| *of.entry(element.of).or_default() += 1);
        }
        (columns, of)
    }
}
