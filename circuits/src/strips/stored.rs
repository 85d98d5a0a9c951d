//! What is committed before the challenges: stored cells and multiplicities.

use super::Strips;
use crate::{
    block::{Bank, Block},
    error::CircuitError,
    table::TableId,
};
use hallmark_model::Trace;

/// Fills the phase-0 lanes block by block and counts the lookups.
pub(super) fn columns(layout: &Strips, trace: &Trace) -> Result<Vec<Vec<i64>>, CircuitError> {
    let mut columns = vec![Vec::new(); layout.advice.first_late];
    for lanes in layout.advice.lanes.values() {
        lanes
            .iter()
            .for_each(|c| columns[*c] = vec![0; layout.frame.usable]);
    }
    for block in &layout.frame.blocks {
        let Some(lanes) = layout.advice.lanes.get(&block.bank) else {
            continue;
        };
        for (field, fill) in block.fills.iter().enumerate() {
            for (element, value) in fill(trace).into_iter().enumerate() {
                let (row, lane) = block.place(element as u32, field as u32);
                columns[lanes[lane]][block.circuit_row(row)] = value;
                check_cell(layout, block, field, element, value)?;
            }
        }
        fill_unused_pairs(layout, block, lanes, &mut columns);
    }
    count_lookups(layout, &mut columns)?;
    Ok(columns)
}

fn check_cell(
    layout: &Strips,
    block: &Block,
    field: usize,
    element: usize,
    value: i64,
) -> Result<(), CircuitError> {
    let first = block.bank != Bank::Pair || field == 0;
    let length = match block.table {
        Some(table) if first => layout.frame.tables.spec(table).len(),
        _ => return Ok(()),
    };
    if (0..length as i64).contains(&value) {
        return Ok(());
    }
    Err(CircuitError::NotInTable {
        tensor: block.name.clone(),
        element,
        value,
        length,
    })
}

/// Slots without an element hold the table's first row.
fn fill_unused_pairs(layout: &Strips, block: &Block, lanes: &[usize], columns: &mut [Vec<i64>]) {
    let (Bank::Pair, Some(table)) = (block.bank, block.table) else {
        return;
    };
    let mut used = vec![false; block.height * block.slots_per_row];
    block.slot_of.iter().for_each(|slot| used[*slot as usize] = true);
    for slot in (0..used.len()).filter(|s| !used[*s]) {
        let lane = (slot % block.slots_per_row) * 2 + 1;
        columns[lanes[lane]][block.circuit_row(slot / block.slots_per_row)] =
            layout.frame.tables.spec(table).y(0);
    }
}

/// Position in the combined table of every lookup of a bank's row, by the row's tag.
pub(super) fn positions(layout: &Strips, bank: Bank, row: usize, columns: &[Vec<i64>]) -> Vec<usize> {
    let lanes = &layout.advice.lanes[&bank];
    let stride = if bank == Bank::Pair { 2 } else { 1 };
    let tag = layout.fixed.tags.get(&bank).map_or(0, |c| {
        layout.frame.fixed_values[*c]
            .values
            .get(row)
            .copied()
            .unwrap_or(0)
    });
    let position = |lane: &usize| match tag {
        0 => 0,
        _ => {
            let table = TableId(tag as usize - 1);
            let x = columns[*lane][row].clamp(0, layout.frame.tables.spec(table).len() as i64 - 1);
            layout.frame.tables.position(table, x as usize)
        }
    };
    lanes.iter().step_by(stride).map(position).collect()
}

fn count_lookups(layout: &Strips, columns: &mut [Vec<i64>]) -> Result<(), CircuitError> {
    let mut counts = vec![0i64; layout.frame.tables.rows()];
    for bank in [Bank::Single, Bank::Pair] {
        if layout.advice.lanes[&bank].is_empty() {
            continue;
        }
        for row in 0..layout.frame.usable {
            positions(layout, bank, row, columns)
                .into_iter()
                .for_each(|p| counts[p] += 1);
        }
    }
    for (column, counts) in layout
        .advice
        .multiplicities
        .iter()
        .zip(counts.chunks(layout.frame.usable))
    {
        columns[*column] = counts.to_vec();
    }
    Ok(())
}
