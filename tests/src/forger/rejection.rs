//! What rejects a forgery.

use super::{Columns, Forger};
use hallmark_verifier::Fr;
use hallmark_verifier::check::{Cell, failing_copies};
use std::collections::BTreeSet;

/// What a copy constraint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CopyKind {
    /// Two evaluations must be equal.
    Equality,
    /// A factor `F` of the dot section.
    Factor,
    /// A factor `V` of the dot section.
    Weight,
    /// A total must be zero.
    Zero,
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rejection {
    /// A constraint, by the names of gate and constraint.
    Constraint(String, String),
    /// A copy constraint.
    Copy(CopyKind),
}

impl Rejection {
    /// A constraint by name.
    pub fn named(gate: &str, name: &str) -> Self {
        Self::Constraint(gate.to_owned(), name.to_owned())
    }
}

impl Forger<'_> {
    /// All constraints of the circuit, and the kinds of copies that it has.
    pub fn constraints(&self) -> BTreeSet<Rejection> {
        let gates = self.setting.protocol.gates.iter();
        let named = gates.flat_map(|g| g.constraints.iter().map(|c| Rejection::named(&g.name, &c.name)));
        named
            .chain(self.setting.copies.iter().map(|c| Rejection::Copy(self.kind(c))))
            .collect()
    }

    fn kind(&self, (a, b): &(Cell, Cell)) -> CopyKind {
        match self.strips().advice.dot {
            Some([v, ..]) if b.column.column == v => CopyKind::Weight,
            Some([_, f, _]) if b.column.column == f => CopyKind::Factor,
            Some([.., t]) if b.column.column == t && (a.column.column, a.row) == (t, 0) => CopyKind::Zero,
            _ => CopyKind::Equality,
        }
    }

    /// What rejects these columns. Only rows in which something differs from the honest witness are looked at.
    pub fn rejections(&self, columns: &Columns) -> BTreeSet<Rejection> {
        let usable = self.frame().usable;
        let mut rows = BTreeSet::from([usable - 1]);
        let mut touch = |row: usize| rows.extend(row.saturating_sub(1)..=row + 1);
        let sum = self.strips().advice.sum;
        for (index, (new, old)) in columns.advice.iter().zip(&self.honest.advice).enumerate() {
            let mut before = Fr::from(0);
            for (row, (new, old)) in new
                .iter()
                .zip(old)
                .enumerate()
                .filter(|(_, (n, o))| n != o || sum == Some(index))
            {
                // The running sum may differ by a constant from some row on: only that row's step is affected.
                let difference = *new - old;
                if sum != Some(index) || difference != before {
                    touch(row);
                }
                before = difference;
            }
        }
        for (new, old) in columns.instance.iter().zip(&self.honest.instance) {
            new.iter()
                .zip(old)
                .enumerate()
                .filter(|(_, (n, o))| n != o)
                .for_each(|(row, _)| touch(row));
        }
        let rows: Vec<usize> = rows.into_iter().filter(|r| *r < usable).collect();
        let mut rejections = self.failing_copies(columns);
        for run in rows.chunk_by(|a, b| a + 1 == *b) {
            rejections.extend(self.failing_constraints(columns, run[0]..run[run.len() - 1] + 1));
        }
        rejections
    }

    /// As [`Self::rejections`], looking at all rows that halo2 looks at.
    pub fn rejections_everywhere(&self, columns: &Columns) -> BTreeSet<Rejection> {
        let mut rejections = self.failing_copies(columns);
        rejections.extend(self.failing_constraints(columns, 0..self.setting.protocol.usable_rows()));
        rejections
    }

    fn failing_constraints(&self, columns: &Columns, rows: std::ops::Range<usize>) -> BTreeSet<Rejection> {
        let (fixed, advice, instance) = (&self.setting.fixed, &columns.advice, &columns.instance);
        let failures = self.checker.failures(fixed, advice, instance, rows);
        failures
            .into_iter()
            .map(|f| Rejection::Constraint(f.gate, f.name))
            .collect()
    }

    fn failing_copies(&self, columns: &Columns) -> BTreeSet<Rejection> {
        let (fixed, advice, instance) = (&self.setting.fixed, &columns.advice, &columns.instance);
        let failing = failing_copies(&self.setting.copies, fixed, advice, instance);
        failing
            .iter()
            .map(|copy| Rejection::Copy(self.kind(copy)))
            .collect()
    }
}
