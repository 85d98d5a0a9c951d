//! Gates over the lanes of [`Bank::Single`], as products that have to be zero.

use super::{Machine, Row, Wire, place::Cells};
use crate::{
    block::{Bank, NONE},
    builder::{Builder, LaneGate, Sequence},
    error::CircuitError,
    ops::arg_max::Lanes,
};
use std::collections::HashMap;

/// Appends all of them.
pub(super) fn lower(b: &Builder<'_>, cells: &Cells, machine: &mut Machine) -> Result<(), CircuitError> {
    let at = by_place(b, cells);
    let lanes = b.widths.single;
    for (gate, rows) in &b.gates {
        for row in rows.iter().map(|row| *row as usize) {
            let cell = |lane: usize, ahead: usize| at.get(&(row + ahead, lane)).copied();
            match gate {
                LaneGate::Relu => groups(machine, lanes, 2, &cell)?,
                LaneGate::Window(size) => groups(machine, lanes, *size, &cell)?,
                LaneGate::ArgMax { part, limbs, bits } => {
                    let compare = ArgMax {
                        lanes: Lanes { limbs: *limbs },
                        bits: *bits,
                        cell: &cell,
                    };
                    compare.lower(machine, *part)?;
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

/// In each group of `size` lanes that has cells, the product is zero.
fn groups(
    machine: &mut Machine,
    lanes: usize,
    size: usize,
    cell: &dyn Fn(usize, usize) -> Option<Wire>,
) -> Result<(), CircuitError> {
    for group in 0..lanes / size {
        let found: Vec<Wire> = (group * size..(group + 1) * size)
            .filter_map(|lane| cell(lane, 0))
            .collect();
        let [first, others @ ..] = found.as_slice() else {
            continue;
        };
        if found.len() != size {
            return Err(missing());
        }
        let rows = std::iter::once(Row::load(*first)).chain(others.iter().map(|wire| Row::times(*wire)));
        let product = machine.chain(rows);
        machine.require_zero(product);
    }
    Ok(())
}

fn missing() -> CircuitError {
    CircuitError::Inconsistent {
        place: "a gate over lanes".to_owned(),
        reason: "a lane has no cell".to_owned(),
    }
}

/// One row of [`crate::ops::arg_max`].
struct ArgMax<'a> {
    lanes: Lanes,
    bits: u32,
    cell: &'a dyn Fn(usize, usize) -> Option<Wire>,
}

impl ArgMax<'_> {
    fn at(&self, lane: usize, ahead: usize) -> Result<Wire, CircuitError> {
        (self.cell)(lane, ahead).ok_or_else(missing)
    }

    fn lower(&self, machine: &mut Machine, part: Sequence) -> Result<(), CircuitError> {
        let bit = self.at(self.lanes.bit(), 0)?;
        match part {
            Sequence::Any => require_bit(machine, bit),
            Sequence::First => machine.equal.push((bit, machine.one)),
            Sequence::Last => self.chosen(machine, bit)?,
            Sequence::Inner => {
                let next = self.at(self.lanes.bit(), 1)?;
                let one = machine.one;
                let falls = machine.chain([Row::load(bit), Row::scaled(next, -1).after(one)]);
                require_bit(machine, falls);
                self.chosen(machine, falls)?;
                for lane in self.lanes.maximum()..self.lanes.bit() {
                    let pair = (self.at(lane, 0)?, self.at(lane, 1)?);
                    machine.equal.push(pair);
                }
            }
        }
        Ok(())
    }

    /// `flag · difference = 0`.
    fn chosen(&self, machine: &mut Machine, flag: Wire) -> Result<(), CircuitError> {
        let mut rows = Vec::new();
        for limb in 0..self.lanes.maximum() {
            let row = Row::scaled(self.at(limb, 0)?, 1 << (self.bits * limb as u32));
            rows.push(match limb {
                0 => row,
                _ => row.after(machine.one),
            });
        }
        rows.push(Row::times(flag));
        let product = machine.chain(rows);
        machine.require_zero(product);
        Ok(())
    }
}

/// `x·(1 − x) = 0`.
fn require_bit(machine: &mut Machine, x: Wire) {
    let product = machine.chain([Row::scaled(x, -1).plus(1), Row::times(x)]);
    machine.require_zero(product);
}
