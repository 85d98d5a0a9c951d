//! A cheating prover: changes cells, recomputes what depends on them, and sees which constraints reject the result.
//!
//! The challenges are known to it, which no real cheater has when it commits to the stored cells; what it is rejected by
//! here, it is rejected by all the more then. It computes the last-phase columns by its own code, from the layout.

mod late;
mod rejection;

pub use late::power;
pub use rejection::{CopyKind, Rejection};

use crate::setting::Setting;
use hallmark_circuits::internals::block::Bank;
use hallmark_circuits::{
    Layout,
    internals::{frame::Frame, strips::Strips},
};
use hallmark_verifier::check::Checker;
use hallmark_verifier::{Fr, integer};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A cell of the witness or of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Column and row of an advice cell.
    Advice(usize, usize),
    /// Column and row of an instance cell.
    Instance(usize, usize),
}

/// All columns that a verifier has not fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Advice columns.
    pub advice: Vec<Vec<Fr>>,
    /// Instance columns.
    pub instance: Vec<Vec<Fr>>,
}

impl Columns {
    /// The value of a cell.
    pub fn get(&self, place: Place) -> Fr {
        match place {
            Place::Advice(column, row) => self.advice[column][row],
            Place::Instance(column, row) => self.instance[column][row],
        }
    }

    fn set(&mut self, place: Place, value: Fr) {
        match place {
            Place::Advice(column, row) => self.advice[column][row] = value,
            Place::Instance(column, row) => self.instance[column][row] = value,
        }
    }
}

/// What a cheating prover does.
#[derive(Clone, Debug, Default)]
pub struct Cheat {
    /// New values of stored and public cells. Multiplicities follow where the new values are in their tables.
    pub changes: BTreeMap<Place, Fr>,
    /// Last-phase columns that keep their honest values.
    pub stale: BTreeSet<usize>,
    /// Last-phase cells (column, row) that get values of their own; what is computed from them follows.
    pub overrides: BTreeMap<(usize, usize), Fr>,
}

impl Cheat {
    /// Changes to stored and public cells.
    pub fn with(changes: impl IntoIterator<Item = (Place, Fr)>) -> Self {
        Self {
            changes: changes.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Leaves a last-phase column as it was.
    pub fn stale(mut self, column: usize) -> Self {
        self.stale.insert(column);
        self
    }

    /// Replaces a last-phase cell.
    pub fn set(mut self, column: usize, row: usize, value: Fr) -> Self {
        self.overrides.insert((column, row), value);
        self
    }
}

/// See the module's documentation.
pub struct Forger<'a> {
    /// The circuit.
    pub setting: &'a Setting,
    /// The honest witness.
    pub honest: Columns,
    checker: Checker<'a>,
    /// Accumulators by the cells that they read.
    readers: HashMap<Place, Vec<usize>>,
    /// Values of the accumulators' steps.
    steps: Vec<Fr>,
    /// Lanes and coefficients of the accumulators' patterns.
    patterns: Vec<Vec<(usize, Fr)>>,
    /// Per dot row, the sum of weights.
    weights: Vec<Fr>,
    /// Position in the combined table by compressed entry.
    positions: HashMap<Fr, usize>,
    /// `1 / (β − entry)` of the combined table.
    inverses: Vec<Fr>,
    /// Banks by advice column, with the lane.
    lanes: HashMap<usize, (Bank, usize)>,
}

impl<'a> Forger<'a> {
    /// Computes the honest witness, and checks that the prover under test computes the same and that it is accepted.
    pub fn new(setting: &'a Setting) -> Self {
        let mut forger = Self::without_witness(setting);
        let witness = setting.witness();
        let usable = forger.frame().usable;
        let mut advice: Vec<Vec<Fr>> = witness
            .stored()
            .iter()
            .map(|c| c.iter().map(|v| integer(*v)).collect())
            .collect();
        advice.resize(forger.strips().advice.count, Vec::new());
        advice.iter_mut().for_each(|c| c.resize(usable, Fr::from(0)));
        let scalar = hallmark_prover::extract::scalar;
        let instance = witness
            .instances()
            .iter()
            .map(|c| c.iter().map(scalar).collect())
            .collect();
        forger.honest = Columns { advice, instance };
        forger.honest = forger.complete();
        let challenges = setting
            .challenges
            .map(|c| hallmark_prover::extract::halo_scalar(&c));
        let [rho, sigma, beta, gamma] = challenges;
        let challenges = hallmark_circuits::Challenges {
            rho,
            sigma,
            beta,
            gamma,
        };
        for (column, values) in witness.late(forger.layout(), &challenges) {
            let values: Vec<Fr> = values.iter().map(scalar).collect();
            assert_eq!(
                forger.honest.advice[column], values,
                "{}, column {column}",
                setting.name
            );
        }
        let rejections = forger.rejections_everywhere(&forger.honest);
        assert!(
            rejections.is_empty(),
            "{}: the honest witness breaks {rejections:?}",
            setting.name
        );
        forger
    }

    /// The layout.
    pub fn layout(&self) -> &'a Layout {
        self.setting.plan.layout()
    }

    /// What every layout has.
    pub fn frame(&self) -> &'a Frame {
        self.setting.plan.frame()
    }

    /// The layout's own parts.
    pub fn strips(&self) -> &'a Strips {
        self.layout().strips().unwrap()
    }

    /// The column of a bank's lane.
    pub fn column(&self, bank: Bank, lane: usize) -> usize {
        self.strips().advice.lanes[&bank][lane]
    }

    /// The bank and lane of an advice column.
    pub fn lane(&self, column: usize) -> Option<(Bank, usize)> {
        self.lanes.get(&column).copied()
    }

    /// The tag of a looked-up bank's row.
    pub fn tag(&self, bank: Bank, row: usize) -> i64 {
        let column = self.strips().fixed.tags.get(&bank);
        column.map_or(0, |c| {
            self.frame().fixed_values[*c]
                .values
                .get(row)
                .copied()
                .unwrap_or(0)
        })
    }

    /// The accumulators that read a cell.
    pub fn readers(&self, place: Place) -> &[usize] {
        self.readers.get(&place).map_or(&[], Vec::as_slice)
    }

    /// What a cell holds, as a small integer.
    pub fn small(&self, place: Place) -> i64 {
        let value = self.honest.get(place);
        (0..1 << 24)
            .find(|v| integer(*v) == value)
            .expect("a small non-negative integer")
    }

    /// What the verifier says to a cheat.
    pub fn try_out(&self, cheat: &Cheat) -> BTreeSet<Rejection> {
        self.rejections(&self.forge(cheat))
    }

    /// The columns after a cheat.
    pub fn forge(&self, cheat: &Cheat) -> Columns {
        let mut columns = self.honest.clone();
        for (place, value) in &cheat.changes {
            columns.set(*place, *value);
        }
        let counted = self.count(cheat, &mut columns);
        self.recompute(cheat, &counted, &mut columns);
        columns
    }

    /// Moves multiplicities from the old entries to the new ones, where these exist. Returns the changed cells.
    fn count(&self, cheat: &Cheat, columns: &mut Columns) -> Vec<(usize, usize)> {
        let mut changed = Vec::new();
        for (bank, row, lane) in self.changed_lookups(cheat) {
            let old = self
                .positions
                .get(&self.entry(&self.honest, bank, row, lane))
                .copied();
            let new = self.positions.get(&self.entry(columns, bank, row, lane)).copied();
            let (Some(old), Some(new)) = (old, new) else {
                continue;
            };
            for (position, step) in [(old, -1), (new, 1)] {
                let (set, row) = (position / self.frame().usable, position % self.frame().usable);
                let column = self.strips().advice.multiplicities[set];
                columns.advice[column][row] += integer(step);
                changed.push((column, row));
            }
        }
        changed
    }

    /// Bank, row and first lane of every lookup that a change takes part in, each once.
    fn changed_lookups(&self, cheat: &Cheat) -> BTreeSet<(Bank, usize, usize)> {
        let lookup = |place: &Place| match place {
            Place::Advice(column, row) => match self.lane(*column) {
                Some((Bank::Single, lane)) => Some((Bank::Single, *row, lane)),
                Some((Bank::Pair, lane)) => Some((Bank::Pair, *row, lane - lane % 2)),
                _ => None,
            },
            Place::Instance(..) => None,
        };
        cheat.changes.keys().filter_map(lookup).collect()
    }

    /// The compressed entry that a lookup asks for.
    fn entry(&self, columns: &Columns, bank: Bank, row: usize, lane: usize) -> Fr {
        let gamma = self.setting.challenges[3];
        let cell = |lane: usize| columns.advice[self.column(bank, lane)][row];
        let y = if bank == Bank::Pair {
            cell(lane + 1)
        } else {
            Fr::from(0)
        };
        cell(lane) + gamma * (integer(self.tag(bank, row)) + gamma * y)
    }
}
