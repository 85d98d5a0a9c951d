//! The dot section: weights, products with them, and the sums that equations end in.

use super::{
    cells::Cells,
    evaluations,
    rows::{Machine, Row, Wire},
};
use crate::{
    block::Bank,
    builder::Builder,
    dot::{DotRow, Multiplier},
    error::CircuitError,
    expression::Atom,
    functional::Step,
};
use foldhash::{HashMap, HashMapExt};

/// Lowers the dot section and the equalities.
pub(super) struct Totals<'a, 'g> {
    b: &'a Builder<'g>,
    machine: &'a mut Machine,
    /// Results of the evaluations.
    evaluations: &'a [Wire],
    /// Stored operands by row of the section.
    operands: HashMap<usize, Wire>,
    /// Results of totals by row of the section.
    totals: HashMap<usize, Wire>,
    /// Rows of the section whose totals are not computed yet.
    pending: Vec<Pending>,
    /// The weight accumulator.
    weights: Option<Wire>,
}

/// A row of the section, to be computed in one chain with those around it.
struct Pending {
    index: usize,
    carry: Carry,
    summands: Vec<(i64, Wire)>,
    /// Whether the total has to be zero.
    zero: bool,
}

/// What multiplies the total before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carry {
    Nothing,
    One,
    Rho,
}

impl<'a, 'g> Totals<'a, 'g> {
    pub(super) fn new(
        b: &'a Builder<'g>,
        cells: &'a Cells,
        machine: &'a mut Machine,
        evaluations: &'a [Wire],
    ) -> Self {
        let mut operands = HashMap::new();
        for (index, block) in b
            .blocks
            .iter()
            .enumerate()
            .filter(|(_, x)| x.bank == Bank::Operand)
        {
            for element in 0..block.slot_of.len() as u32 {
                let row = block.circuit_row(block.place(element, 0).0);
                operands.insert(row, cells.wire(index, element, 0));
            }
        }
        Self {
            b,
            machine,
            evaluations,
            operands,
            totals: HashMap::new(),
            pending: Vec::new(),
            weights: None,
        }
    }

    /// Appends everything.
    pub(super) fn lower(&mut self) -> Result<(), CircuitError> {
        for index in 0..self.b.dots.rows.len() {
            self.row(index)?;
        }
        self.flush();
        for (a, c) in &self.b.equalities {
            let pair = (self.atom(*a)?, self.atom(*c)?);
            self.machine.equal.push(pair);
        }
        Ok(())
    }

    /// The result that an atom stands for.
    pub(super) fn atom(&self, atom: Atom) -> Result<Wire, CircuitError> {
        let found = match atom {
            Atom::Evaluation { index, .. } => self.evaluations.get(index),
            Atom::Total { row } => self.totals.get(&row),
        };
        found.copied().ok_or_else(|| CircuitError::Inconsistent {
            place: format!("{atom:?}"),
            reason: "it is read before it is computed".to_owned(),
        })
    }

    fn row(&mut self, index: usize) -> Result<(), CircuitError> {
        let b = self.b;
        let row = &b.dots.rows[index];
        if !row.keep && !row.horner {
            self.flush();
        }
        if index == 0 {
            // The section's row 0 stays empty: its total is the zero.
            self.totals.insert(0, self.machine.zero);
            return Ok(());
        }
        self.machine.node = row.node;
        let factor = row.f_from.map(|atom| self.atom(atom)).transpose()?;
        self.weigh(index, row)?;
        let mut summands = Vec::new();
        let multiplier = match row.product {
            Multiplier::None => None,
            Multiplier::Operand => self.operands.get(&index).copied(),
            Multiplier::Factor => factor,
        };
        if let (Some(multiplier), Some(weights)) = (multiplier, self.weights) {
            self.resume(weights);
            summands.push((1, self.machine.push(Row::times(multiplier))));
        } else if row.product != Multiplier::None {
            return Err(inconsistent(index, "a product without two factors"));
        }
        if let (true, Some(weights)) = (row.v != 0, self.weights) {
            summands.push((row.v, weights));
        }
        if let (true, Some(factor)) = (row.f != 0, factor) {
            summands.push((row.f, factor));
        }
        let carry = match (row.keep, row.horner) {
            // The section's first row is the zero.
            _ if self.pending.is_empty() && index == 1 => Carry::Nothing,
            (_, true) => Carry::Rho,
            (true, false) => Carry::One,
            (false, false) => Carry::Nothing,
        };
        if self.pending.is_empty() && carry != Carry::Nothing {
            return Err(inconsistent(index, "a total that continues none"));
        }
        self.pending.push(Pending {
            index,
            carry,
            summands,
            zero: row.zero,
        });
        Ok(())
    }

    /// Appends the weight accumulator's value of a row, if it has one.
    fn weigh(&mut self, index: usize, row: &DotRow) -> Result<(), CircuitError> {
        if let Some(atom) = row.v_from {
            let atom = self.atom(atom)?;
            self.weights = Some(self.machine.push(Row::load(atom)));
            return Ok(());
        }
        let Some(weights) = row.weights else {
            return Ok(());
        };
        let step = row.step.map(|step| self.step(step)).transpose()?;
        match (step, self.weights) {
            (Some(_), Some(before)) => self.resume(before),
            (Some(_), None) => return Err(inconsistent(index, "a weight step without weights before")),
            (None, _) => {}
        }
        self.weights = Some(self.machine.push_run(step, weights, &self.b.parameters)?);
        Ok(())
    }

    /// Makes a result the last one again, if rows were appended since.
    fn resume(&mut self, result: Wire) {
        if Wire::Row(self.machine.rows.len() as u32 - 1) != result {
            self.machine.push(Row::load(result));
        }
    }

    fn step(&mut self, step: Step) -> Result<Wire, CircuitError> {
        evaluations::within_limit(step.base, step.power)?;
        Ok(evaluations::step(self.machine, step.base, step.power))
    }

    /// Appends the chain of the total under way.
    fn flush(&mut self) {
        let rho = self.machine.power(1, 0);
        for row in std::mem::take(&mut self.pending) {
            let mut multiplier = match row.carry {
                Carry::Nothing => None,
                Carry::One => Some(self.machine.one),
                Carry::Rho => Some(rho),
            };
            let mut rows: Vec<Row> = Vec::with_capacity(row.summands.len().max(1));
            for (coefficient, value) in &row.summands {
                rows.push(Row {
                    e: multiplier,
                    ..Row::scaled(*value, *coefficient)
                });
                multiplier = Some(self.machine.one);
            }
            // A row that adds nothing and changes nothing has the total before.
            if rows.is_empty() && row.carry != Carry::One {
                rows.push(Row {
                    e: multiplier,
                    ..Row::default()
                });
            }
            for row in rows {
                self.machine.push(row);
            }
            let total = Wire::Row(self.machine.rows.len() as u32 - 1);
            self.totals.insert(row.index, total);
            if row.zero {
                self.machine.require_zero(total);
            }
        }
    }
}

fn inconsistent(row: usize, reason: &str) -> CircuitError {
    CircuitError::Inconsistent {
        place: format!("dot row {row}"),
        reason: reason.to_owned(),
    }
}
