//! The two advice columns of an execution.

use super::{
    MACHINE, SEGMENTS, UNUSABLE, Wired,
    place::{ADDEND, LOOKUP_SUM, MULTIPLICITIES, MULTIPLIER, RESULT},
};
use crate::{
    Fr,
    block::{Bank, Block},
    error::CircuitError,
    field,
    layout::Layout,
    witness::Challenges,
};
use hallmark_model::Trace;
use halo2_proofs::halo2curves::ff::Field;

/// The column of stored cells.
///
/// # Errors
/// [`CircuitError::NotInTable`] if a value is outside its proven interval.
pub(crate) fn stored(layout: &Layout, wired: &Wired, trace: &Trace) -> Result<Vec<i64>, CircuitError> {
    let mut column = vec![0i64; wired.height * SEGMENTS - UNUSABLE];
    let mut positions = vec![0usize; wired.usable()];
    for (index, block) in layout.blocks.iter().enumerate() {
        for (field, fill) in block.fills.iter().enumerate() {
            for (element, value) in (0u32..).zip(fill(trace)) {
                let (segment, row) = wired.cells.place(index, element, field as u32);
                column[segment * wired.height + row] = value;
                if let Some(position) = looked_up(layout, block, field, element, value)? {
                    positions[row] = position;
                }
            }
        }
    }
    if wired.has_lookups() {
        for position in positions {
            column[MULTIPLICITIES * wired.height + position] += 1;
        }
    }
    Ok(column)
}

/// Position in the combined table of a looked-up value; values of functions are found by their argument.
fn looked_up(
    layout: &Layout,
    block: &Block,
    field: usize,
    element: u32,
    value: i64,
) -> Result<Option<usize>, CircuitError> {
    let Some(table) = block.table.filter(|_| block.bank != Bank::Pair || field == 0) else {
        return Ok(None);
    };
    let length = layout.tables.spec(table).len();
    match usize::try_from(value).ok().filter(|x| *x < length) {
        Some(x) => Ok(Some(layout.tables.position(table, x))),
        None => Err(CircuitError::NotInTable {
            tensor: block.name.clone(),
            element: element as usize,
            value,
            length,
        }),
    }
}

/// The machine's column.
pub(crate) fn late(
    layout: &Layout,
    wired: &Wired,
    cells: &[i64],
    instance: &[Fr],
    salt: Option<Fr>,
    challenges: &Challenges,
) -> Vec<(usize, Vec<Fr>)> {
    let height = wired.height;
    let mut column = vec![Fr::ZERO; height * SEGMENTS - UNUSABLE];
    let cell = |segment: u32, row: u32| {
        let value = cells.get(segment as usize * height + row as usize);
        field(value.copied().unwrap_or(0))
    };
    let rows = wired
        .machine
        .run(challenges.rho, &cell, salt.unwrap_or(Fr::ZERO), instance);
    for (row, [e, b, result]) in rows.into_iter().enumerate() {
        column[MULTIPLIER * height + row] = e;
        column[ADDEND * height + row] = b;
        column[RESULT * height + row] = result;
    }
    if wired.has_lookups() {
        let sums = lookup_sums(layout, wired, cells, challenges);
        column[LOOKUP_SUM * height..][..sums.len()].copy_from_slice(&sums);
    }
    vec![(MACHINE, column)]
}

/// The sum `Σ 1/(β − lookup) − multiplicity/(β − table)` up to every row. All lookups are rows of the table, so only the
/// table's denominators are inverted.
fn lookup_sums(layout: &Layout, wired: &Wired, cells: &[i64], challenges: &Challenges) -> Vec<Fr> {
    let inverses = layout.tables.inverses(challenges.beta, challenges.gamma);
    let mut positions = vec![0usize; wired.usable()];
    for (index, block) in layout.blocks.iter().enumerate() {
        let Some(table) = block.table else { continue };
        let fields = if block.bank == Bank::Pair {
            1
        } else {
            block.fills.len()
        };
        let last = layout.tables.spec(table).len() as i64 - 1;
        for element in 0..block.slot_of.len() as u32 {
            for field in 0..fields as u32 {
                let (segment, row) = wired.cells.place(index, element, field);
                let value = cells[segment * wired.height + row].clamp(0, last);
                positions[row] = layout.tables.position(table, value as usize);
            }
        }
    }
    let counts = &cells[MULTIPLICITIES * wired.height..];
    // Rows behind the table hold the null row again, with multiplicity zero.
    let nothing = Fr::ZERO;
    let mut running = Fr::ZERO;
    let sums = positions.into_iter().enumerate().map(|(row, position)| {
        let table = inverses.get(row).unwrap_or(&nothing);
        running += inverses[position] - field(counts[row]) * table;
        running
    });
    sums.collect()
}

impl Wired {
    /// Whether anything is looked up.
    pub(super) fn has_lookups(&self) -> bool {
        self.lookups
    }
}
