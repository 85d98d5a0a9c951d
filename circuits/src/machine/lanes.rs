//! Gates over the lanes of [`Bank::Single`], as rows of the machine.

use super::{
    cells::Cells,
    rows::{Machine, Row, Wire},
};
use crate::{
    block::Bank,
    builder::Builder,
    cell::NONE,
    error::CircuitError,
    gate::{Constraint, LaneCell, Linear},
};
use foldhash::{HashMap, HashMapExt};

/// Appends all of them.
pub(super) fn lower(b: &Builder<'_>, cells: &Cells, machine: &mut Machine) -> Result<(), CircuitError> {
    let at = by_place(b, cells);
    let lanes = b.widths.single;
    for (gate, rows) in b.gates.iter() {
        let (groups, size) = gate.groups(lanes);
        for row in rows.iter().map(|row| *row as usize) {
            for first in (0..groups).map(|group| group * size) {
                // Groups that hold nothing have no cells, and nothing to be constrained.
                if gate.group.is_some() && !(first..first + size).any(|lane| at.contains_key(&(row, lane))) {
                    continue;
                }
                let mut place = Place {
                    machine,
                    cell: &|cell| at.get(&(row + cell.ahead, first + cell.lane)).copied(),
                    known: Vec::new(),
                };
                for constraint in &gate.constraints {
                    place.constrain(constraint)?;
                }
            }
        }
    }
    Ok(())
}

/// Cells of the bank by circuit row and lane.
fn by_place(b: &Builder<'_>, cells: &Cells) -> HashMap<(usize, usize), Wire> {
    let mut places = HashMap::new();
    for (index, block) in b
        .blocks
        .iter()
        .enumerate()
        .filter(|(_, x)| x.bank == Bank::Single)
    {
        for element in (0..block.slot_of.len() as u32).filter(|e| block.slot_of[*e as usize] != NONE) {
            for field in 0..block.fills.len() as u32 {
                let (row, lane) = block.place(element, field);
                places.insert((block.circuit_row(row), lane), cells.wire(index, element, field));
            }
        }
    }
    places
}

/// A gate on one row, or on one group of its lanes.
struct Place<'a> {
    machine: &'a mut Machine,
    cell: &'a dyn Fn(LaneCell) -> Option<Wire>,
    /// Linear forms that rows were made for.
    known: Vec<(Linear, Wire)>,
}

impl Place<'_> {
    fn constrain(&mut self, constraint: &Constraint) -> Result<(), CircuitError> {
        if let [factors] = constraint.products.as_slice()
            && let [form] = factors.as_slice()
            && let Some(pair) = self.equal(form)?
        {
            self.machine.equal.push(pair);
            return Ok(());
        }
        let products = constraint.products.iter().map(|factors| self.product(factors));
        let products = products.collect::<Result<Vec<Wire>, _>>()?;
        let sum = match products.as_slice() {
            [only] => *only,
            several => {
                let one = self.machine.one;
                let row = |(index, wire): (usize, &Wire)| match index {
                    0 => Row::load(*wire),
                    _ => Row::load(*wire).after(one),
                };
                self.machine.chain(several.iter().enumerate().map(row))
            }
        };
        self.machine.require_zero(sum);
        Ok(())
    }

    /// The two wires of which a form is the difference, or its negative.
    fn equal(&self, form: &Linear) -> Result<Option<(Wire, Wire)>, CircuitError> {
        Ok(match form.terms.as_slice() {
            [(1, a), (-1, b)] | [(-1, b), (1, a)] if form.constant == 0 => Some((self.at(*a)?, self.at(*b)?)),
            [(factor @ (1 | -1), cell)] if form.constant == -factor => {
                Some((self.at(*cell)?, self.machine.one))
            }
            _ => None,
        })
    }

    fn at(&self, cell: LaneCell) -> Result<Wire, CircuitError> {
        (self.cell)(cell).ok_or_else(|| CircuitError::Inconsistent {
            place: "a gate over lanes".to_owned(),
            reason: "a lane has no cell".to_owned(),
        })
    }

    /// The result of a product: a chain that begins with the rows of one factor, which the others multiply.
    fn product(&mut self, factors: &[Linear]) -> Result<Wire, CircuitError> {
        let is_wire = |form: &Linear| form.as_cell().is_some() || self.find(form).is_some();
        let begin = factors.iter().rposition(|form| !is_wire(form)).unwrap_or(0);
        let mut others = Vec::with_capacity(factors.len());
        for (_, form) in factors.iter().enumerate().filter(|(index, _)| *index != begin) {
            others.push(self.wire(form)?);
        }
        let mut rows = match factors.get(begin) {
            Some(form) => self.rows(form)?,
            None => vec![Row::load(self.machine.one)],
        };
        rows.extend(others.into_iter().map(Row::times));
        Ok(self.machine.chain(rows))
    }

    fn find(&self, form: &Linear) -> Option<Wire> {
        let known = self.known.iter().find(|(known, _)| known == form);
        known.map(|(_, wire)| *wire)
    }

    /// The wire of a form, whose rows are made once.
    fn wire(&mut self, form: &Linear) -> Result<Wire, CircuitError> {
        if let Some(cell) = form.as_cell() {
            return self.at(cell);
        }
        if let Some(wire) = self.find(form) {
            return Ok(wire);
        }
        let rows = self.rows(form)?;
        let wire = self.machine.chain(rows);
        self.known.push((form.clone(), wire));
        Ok(wire)
    }

    /// Rows of a chain that has the value of a form.
    fn rows(&self, form: &Linear) -> Result<Vec<Row>, CircuitError> {
        let by_known = |(known, wire): &(Linear, Wire)| Some((form.in_terms_of(known)?, *wire));
        if let Some(((factor, constant), wire)) = self.known.iter().find_map(by_known) {
            return Ok(vec![Row::scaled(wire, factor).plus(constant)]);
        }
        let mut rows = Vec::with_capacity(form.terms.len());
        for (index, (coefficient, cell)) in form.terms.iter().enumerate() {
            let row = Row::scaled(self.at(*cell)?, *coefficient);
            rows.push(match index {
                0 => row.plus(form.constant),
                _ => row.after(self.machine.one),
            });
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gate::random::{Dice, LANES},
        scalar::{Fr, field},
    };
    use halo2_proofs::halo2curves::ff::Field;

    /// The rows and copies of a constraint are kept exactly where its polynomial is zero.
    #[test]
    fn a_translated_constraint_holds_where_its_polynomial_is_zero() {
        let mut outcomes = [0, 0];
        for seed in 0..4000 {
            let mut dice = Dice(seed);
            let constraint = dice.constraint();
            let cells: Vec<i64> = (0..2 * LANES).map(|_| dice.below(3) as i64).collect();
            let mut machine = Machine::new(0);
            let mut place = Place {
                machine: &mut machine,
                cell: &|cell| Some(Wire::Cell(cell.ahead as u32, cell.lane as u32)),
                known: Vec::new(),
            };
            // Twice, as the second time everything is known.
            place.constrain(&constraint).unwrap();
            place.constrain(&constraint).unwrap();
            machine.check().unwrap();
            let cell = |ahead: usize, lane: usize| cells[ahead * LANES + lane];
            let stored = |segment: u32, row: u32| field(cell(segment as usize, row as usize));
            let values = machine.run(Fr::from(7), &stored, Fr::ZERO, &[]);
            let value = |wire: &Wire| match *wire {
                Wire::Row(row) => values[row as usize][2],
                Wire::Cell(segment, row) => stored(segment, row),
            };
            let kept = machine.equal.iter().all(|(a, b)| value(a) == value(b));
            let zero = constraint.value(&|at| cell(at.ahead, at.lane)) == 0;
            assert_eq!(kept, zero, "{constraint:?} at {cells:?}");
            outcomes[usize::from(zero)] += 1;
        }
        assert!(outcomes.iter().all(|count| *count > 200), "{outcomes:?}");
    }
}
