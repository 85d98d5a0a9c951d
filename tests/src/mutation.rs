//! Which cells a circuit has, and which of them nothing depends on.

use crate::forger::{Forger, Place};
use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_circuits::internals::dot::Multiplier;
use std::collections::BTreeSet;

/// An element of a block: where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Index of the block.
    pub block: usize,
    /// Field within a slot.
    pub field: u32,
    /// Element.
    pub element: u32,
    /// Its cell.
    pub place: Place,
}

/// The cell of a block's element.
pub fn place_of(forger: &Forger<'_>, block: &Block, element: u32, field: u32) -> Place {
    let (row, lane) = block.place(element, field);
    match block.bank {
        Bank::Instance => Place::Instance(lane, block.circuit_row(row)),
        bank => Place::Advice(forger.column(bank, lane), block.circuit_row(row)),
    }
}

/// Every element of every block, public ones included.
pub fn elements(forger: &Forger<'_>) -> Vec<Element> {
    let mut all = Vec::new();
    for (index, block) in forger.frame().blocks.iter().enumerate() {
        let fields = if block.bank == Bank::Instance {
            1
        } else {
            block.fills.len() as u32
        };
        for field in 0..fields {
            for element in 0..block.slot_of.len() as u32 {
                let place = place_of(forger, block, element, field);
                all.push(Element {
                    block: index,
                    field,
                    element,
                    place,
                });
            }
        }
    }
    all
}

/// Stored cells that hold no element: unused lanes of used rows, and unused rows.
pub fn padding(forger: &Forger<'_>) -> Vec<Place> {
    let used: BTreeSet<Place> = elements(forger).into_iter().map(|e| e.place).collect();
    let lanes = forger.strips().advice.lanes.values().flatten();
    let all = lanes.flat_map(|column| (0..forger.frame().usable).map(|row| Place::Advice(*column, row)));
    all.filter(|place| !used.contains(place)).collect()
}

/// Why nothing depends on the value of a stored cell, if so.
///
/// - *unused lane*: beside the elements of a block's row. The row's table bounds it, nothing reads it.
/// - *unlisted*: a cell of a bank that is not looked up, in a row or lane without an element. Nothing reads it.
pub fn free_stored(forger: &Forger<'_>, place: Place) -> Option<&'static str> {
    let Place::Advice(column, row) = place else {
        return None;
    };
    let (bank, lane) = forger.lane(column)?;
    let multiplied = forger
        .strips()
        .dots
        .rows
        .get(row)
        .is_some_and(|r| r.product == Multiplier::Operand && lane < r.images);
    match bank {
        _ if !forger.readers(place).is_empty() => None,
        Bank::Single | Bank::Pair => (forger.tag(bank, row) != 0).then_some("unused lane"),
        Bank::Operand if multiplied => None,
        _ => Some("unlisted"),
    }
}

/// Why nothing depends on the value of a last-phase cell, if so.
///
/// - *no factor*: `F` in a row of the dot section that reads no evaluation: all its coefficients are zero.
/// - *no weights*: `V` in a row that has neither weights nor an evaluation: likewise.
pub fn free_late(forger: &Forger<'_>, column: usize, row: usize) -> Option<&'static str> {
    let [v, f, _] = forger.strips().advice.dot?;
    let dot = forger.strips().dots.rows.get(row);
    let has_factor = dot.is_some_and(|d| d.f_from.is_some());
    let has_weight = dot.is_some_and(|d| d.weights.is_some() || d.v_from.is_some());
    if column == f && !has_factor {
        return Some("no factor");
    }
    (column == v && !has_weight).then_some("no weights")
}
