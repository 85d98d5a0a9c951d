//! The two advice columns of an execution.

use super::{
    cells::{ADDEND, LOOKUP_SUM, MACHINE, MULTIPLICITIES, MULTIPLIER, RESULT, SEGMENTS, UNUSABLE},
    layout::MachineLayout,
    place::Arranged,
};
use crate::{
    block::{Bank, Block},
    challenges::Challenges,
    error::CircuitError,
    frame::Frame,
    scalar::{Fr, field},
};
use hallmark_model::Trace;
use halo2_proofs::halo2curves::ff::Field;

impl MachineLayout {
    /// The column of stored cells.
    ///
    /// # Errors
    /// [`CircuitError::NotInTable`] if a value is outside its proven interval.
    pub(crate) fn stored(&self, trace: &Trace) -> Result<Vec<Vec<i64>>, CircuitError> {
        Ok(vec![stored(&self.frame, &self.arranged, trace)?])
    }

    /// The machine's column, with its index.
    pub(crate) fn late(
        &self,
        stored: &[Vec<i64>],
        instance: &[Vec<Fr>],
        salt: Option<Fr>,
        challenges: &Challenges,
    ) -> Vec<(usize, Vec<Fr>)> {
        let (cells, public) = (stored.first(), instance.first());
        let (cells, public) = (
            cells.map_or(&[][..], Vec::as_slice),
            public.map_or(&[][..], Vec::as_slice),
        );
        late(&self.frame, &self.arranged, cells, public, salt, challenges)
    }
}

fn stored(layout: &Frame, arranged: &Arranged, trace: &Trace) -> Result<Vec<i64>, CircuitError> {
    let mut column = vec![0i64; arranged.height * SEGMENTS - UNUSABLE];
    let mut positions = vec![0usize; arranged.usable()];
    for (index, block) in layout.blocks.iter().enumerate() {
        for (field, fill) in block.fills.iter().enumerate() {
            for (element, value) in (0u32..).zip(fill(trace)) {
                let (segment, row) = arranged.cells.place(index, element, field as u32);
                column[segment * arranged.height + row] = value;
                if let Some(position) = looked_up(layout, block, field, element, value)? {
                    positions[row] = position;
                }
            }
        }
    }
    if arranged.has_lookups() {
        for position in positions {
            column[MULTIPLICITIES * arranged.height + position] += 1;
        }
    }
    Ok(column)
}

/// Position in the combined table of a looked-up value; values of functions are found by their argument.
fn looked_up(
    layout: &Frame,
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

fn late(
    layout: &Frame,
    arranged: &Arranged,
    cells: &[i64],
    instance: &[Fr],
    salt: Option<Fr>,
    challenges: &Challenges,
) -> Vec<(usize, Vec<Fr>)> {
    let height = arranged.height;
    let mut column = vec![Fr::ZERO; height * SEGMENTS - UNUSABLE];
    let cell = |segment: u32, row: u32| {
        let value = cells.get(segment as usize * height + row as usize);
        field(value.copied().unwrap_or(0))
    };
    let rows = arranged
        .machine
        .run(challenges.rho, &cell, salt.unwrap_or(Fr::ZERO), instance);
    for (row, [e, b, result]) in rows.into_iter().enumerate() {
        column[MULTIPLIER * height + row] = e;
        column[ADDEND * height + row] = b;
        column[RESULT * height + row] = result;
    }
    if arranged.has_lookups() {
        let sums = lookup_sums(layout, arranged, cells, challenges);
        column[LOOKUP_SUM * height..][..sums.len()].copy_from_slice(&sums);
    }
    vec![(MACHINE, column)]
}

/// The sum `Σ 1/(β − lookup) − multiplicity/(β − table)` up to every row. All lookups are rows of the table, so only the
/// table's denominators are inverted.
fn lookup_sums(layout: &Frame, arranged: &Arranged, cells: &[i64], challenges: &Challenges) -> Vec<Fr> {
    let inverses = layout.tables.inverses(challenges.beta, challenges.gamma);
    let mut positions = vec![0usize; arranged.usable()];
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
                let (segment, row) = arranged.cells.place(index, element, field);
                let value = cells[segment * arranged.height + row].clamp(0, last);
                positions[row] = layout.tables.position(table, value as usize);
            }
        }
    }
    let counts = &cells[MULTIPLICITIES * arranged.height..];
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

impl Arranged {
    /// Whether anything is looked up.
    pub(super) fn has_lookups(&self) -> bool {
        self.lookups
    }
}
