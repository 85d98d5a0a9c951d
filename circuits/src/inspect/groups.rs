//! The columns of a layout in strips by purpose: how full they are, and why not fuller.

use super::{
    empty::{Reasons, column_group},
    figures::{ColumnGroup, ColumnKind},
    ledger::{bank_name, cells, lookups},
    owner::Owners,
};
use crate::{
    block::{Bank, Block},
    strips::{LOOKUPS_PER_HELPER, Strips},
};
use std::collections::BTreeMap;

const HELPERS: &str = "lookup helpers";
/// The reason of which [`groups`] says what causes it.
const BEHIND_THE_LAST: &str = "rows behind the last one";

/// Columns by purpose.
pub(super) fn groups(layout: &Strips, owners: &Owners<'_>) -> Vec<ColumnGroup> {
    let mut groups = vec![instance(layout)];
    let lanes = &layout.advice.lanes;
    groups.extend(
        lanes
            .iter()
            .map(|(name, lanes)| bank(layout, owners, *name, lanes.len())),
    );
    groups.extend([
        multiplicities(layout),
        evaluations(layout, owners),
        sums(layout),
        helpers(layout),
        sponge(layout),
        weights(layout),
        selectors(layout),
    ]);
    groups.retain(|group| group.columns > 0);
    let decides = tallest(&groups);
    let all = groups.iter_mut().flat_map(|group| &mut group.empty);
    all.filter(|empty| empty.reason == BEHIND_THE_LAST)
        .for_each(|empty| empty.most = Some(decides.clone()));
    groups
}

/// What takes the most rows, of what takes no more than it needs.
fn tallest(groups: &[ColumnGroup]) -> String {
    // Fixed columns and helpers go along with the others.
    let own = |group: &&ColumnGroup| group.kind != ColumnKind::Fixed && group.name != HELPERS;
    let highest = groups.iter().filter(own).max_by_key(|group| group.height);
    highest.map_or_else(
        || "the number of rows is a power of two".to_owned(),
        |group| {
            format!(
                "{} take the most rows, {}, and the number of rows is a power of two",
                group.name, group.height
            )
        },
    )
}

fn instance(layout: &Strips) -> ColumnGroup {
    let (statement, usable) = (&layout.frame.statement, layout.frame.usable);
    let mut empty = Reasons::default();
    let rows = statement.rows();
    let public: usize = statement.lengths().sum();
    empty.add(BEHIND_THE_LAST, statement.columns * (usable - rows), None);
    empty.add(
        "rows that hold the last values of an input or output",
        statement.columns * rows - public,
        None,
    );
    let size = (statement.columns, usable);
    let group = column_group(("instance", ColumnKind::Instance), size, public, empty);
    ColumnGroup {
        height: rows,
        ..group
    }
}

/// Stored cells. Every row belongs to the first block that has it.
fn bank(layout: &Strips, owners: &Owners<'_>, bank: Bank, lanes: usize) -> ColumnGroup {
    let usable = layout.frame.usable;
    let blocks = || layout.frame.blocks.iter().filter(|block| block.bank == bank);
    let mut held = vec![0usize; usable];
    for block in blocks() {
        for element in 0..block.slot_of.len() as u32 {
            let (row, _) = block.place(element, 0);
            held[block.circuit_row(row)] += block.fills.len();
        }
    }
    let mut empty = Reasons::default();
    let mut known = vec![false; usable];
    for block in blocks().filter(|block| block.height > 0) {
        let rows = || (0..block.height).map(|row| block.circuit_row(row));
        let fullest = rows().map(|row| held[row]).max().unwrap_or(0);
        let (mut wide, mut last) = (0, 0);
        for row in rows() {
            if !std::mem::replace(&mut known[row], true) {
                wide += lanes - fullest;
                last += fullest - held[row];
            }
        }
        let cause = owners.block_in_words(block, fullest / block.fills.len().max(1), lanes);
        empty.add(width_reason(owners, block, fullest), wide, Some(cause.clone()));
        empty.add(
            "rows that hold the last elements of a channel or tensor",
            last,
            Some(cause),
        );
    }
    let height = known.iter().rposition(|known| *known).map_or(0, |row| row + 1);
    let between = known[..height].iter().filter(|known| !**known).count();
    empty.add("rows between blocks that are read apart", lanes * between, None);
    empty.add(BEHIND_THE_LAST, lanes * (usable - height), None);
    let all = blocks().map(cells).sum();
    let group = column_group((bank_name(bank), ColumnKind::Small), (lanes, usable), all, empty);
    ColumnGroup { height, ..group }
}

/// Why even the fullest rows of a block have empty lanes.
fn width_reason(owners: &Owners<'_>, block: &Block, fullest: usize) -> &'static str {
    let elements = fullest / block.fills.len().max(1);
    match owners.plane(block) {
        _ if block.height == 1 => "tensors that take less than a row",
        Some(plane) if plane > 0 && elements.is_multiple_of(plane) => {
            "whole channels that do not divide the width"
        }
        _ => "whole lines, windows or groups that do not divide the width",
    }
}

fn multiplicities(layout: &Strips) -> ColumnGroup {
    let (usable, rows) = (layout.frame.usable, layout.frame.tables.rows());
    let columns = layout.advice.multiplicities.len();
    let mut empty = Reasons::default();
    empty.add("rows behind the last table", columns * usable - rows, None);
    let name = ("multiplicities", ColumnKind::Small);
    let group = column_group(name, (columns, usable), rows, empty);
    ColumnGroup {
        height: rows.min(usable),
        ..group
    }
}

/// Evaluations lie beside the cells that they read.
fn evaluations(layout: &Strips, owners: &Owners<'_>) -> ColumnGroup {
    let (all, usable) = (&layout.accumulators, layout.frame.usable);
    let (columns, height) = (all.columns.len(), all.height());
    let taken = |row: usize| {
        let rows = all.columns.iter().filter_map(|column| column.get(row));
        rows.filter(|row| row.taken).count()
    };
    let taken: Vec<usize> = (0..height).map(taken).collect();
    let most = taken.iter().copied().max().unwrap_or(0);
    let cause = taken
        .iter()
        .position(|count| *count == most)
        .and_then(|row| owners.evaluated_at(all, row))
        .map(|name| format!("{most} evaluations beside {name}"));
    let mut empty = Reasons::default();
    for count in &taken {
        let reason = match count {
            0 => "rows beside cells that no evaluation reads",
            _ => "rows beside cells that fewer evaluations read than those that most do",
        };
        empty.add(reason, most - count, cause.clone());
        empty.add(
            "runs of rows that do not fit beside each other",
            columns - most,
            None,
        );
    }
    empty.add(BEHIND_THE_LAST, columns * (usable - height), None);
    let name = ("evaluations", ColumnKind::Full);
    let group = column_group(name, (columns, usable), all.taken(), empty);
    ColumnGroup { height, ..group }
}

fn sums(layout: &Strips) -> ColumnGroup {
    let columns = layout.advice.dot.map_or(0, |dot| dot.len());
    let (rows, usable) = (layout.dots.len(), layout.frame.usable);
    let mut empty = Reasons::default();
    empty.add(BEHIND_THE_LAST, columns * (usable - rows), None);
    let name = ("weights and sums", ColumnKind::Full);
    let group = column_group(name, (columns, usable), columns * rows, empty);
    ColumnGroup {
        height: rows,
        ..group
    }
}

/// A helper cell serves several lookups; the running sum is one column more.
fn helpers(layout: &Strips) -> ColumnGroup {
    let usable = layout.frame.usable;
    let (mut empty, mut columns, mut filled) = (Reasons::default(), 0, 0);
    for (bank, helpers) in &layout.advice.helpers {
        let blocks = layout.frame.blocks.iter().filter(|block| block.bank == *bank);
        let used = blocks.map(lookups).sum::<usize>().div_ceil(LOOKUPS_PER_HELPER);
        let lanes = layout.advice.lanes[bank].len() / if *bank == Bank::Pair { 2 } else { 1 };
        let whole = lanes * usable / LOOKUPS_PER_HELPER;
        columns += helpers.len();
        filled += used;
        empty.add(
            format!("lanes of {} in which nothing is looked up", bank_name(*bank)),
            whole.saturating_sub(used),
            None,
        );
        empty.add(
            format!("lanes that are not a multiple of {LOOKUPS_PER_HELPER}"),
            helpers.len() * usable - whole.max(used),
            None,
        );
    }
    let tables = layout.advice.table_helpers.len();
    let used = layout.frame.tables.rows().div_ceil(LOOKUPS_PER_HELPER);
    empty.add(
        "rows behind the last table",
        tables * usable - used.min(tables * usable),
        None,
    );
    let sums = usize::from(layout.advice.sum.is_some());
    columns += tables + sums;
    filled += used.min(tables * usable) + sums * usable;
    let name = (HELPERS, ColumnKind::Full);
    column_group(name, (columns, usable), filled, empty)
}

fn sponge(layout: &Strips) -> ColumnGroup {
    let size = (layout.advice.sponge.len(), layout.frame.usable);
    column_group(
        ("sponge", ColumnKind::Full),
        size,
        size.0 * size.1,
        Reasons::default(),
    )
}

fn weights(layout: &Strips) -> ColumnGroup {
    let usable = layout.frame.usable;
    let lanes = layout.fixed.dot.as_ref().map_or(0, |dot| dot.lanes.len());
    let (mut empty, mut filled) = (Reasons::default(), 0);
    for row in &layout.dots.rows {
        let count = row.weights.map_or(0, |run| run.count).min(lanes);
        let reason = match count {
            0 => "rows that add up evaluations, without weights",
            _ => "rows that hold the last weights of a product's row",
        };
        filled += count;
        empty.add(reason, lanes - count, None);
    }
    let rows = layout.dots.len();
    empty.add(BEHIND_THE_LAST, lanes * (usable - rows), None);
    let group = column_group(
        ("fixed: weights", ColumnKind::Fixed),
        (lanes, usable),
        filled,
        empty,
    );
    ColumnGroup {
        height: rows,
        ..group
    }
}

/// What a fixed column is for, but for weights.
fn purposes(layout: &Strips) -> BTreeMap<usize, &'static str> {
    let fixed = &layout.fixed;
    let patterns = fixed.patterns.iter().flat_map(BTreeMap::values);
    let steps = fixed.steps.iter().flat_map(BTreeMap::values);
    let tables = fixed
        .tables
        .iter()
        .flat_map(|(x, tag, y)| [Some(*x), Some(*tag), *y]);
    let gates = fixed.gates.iter().map(|(_, column)| column);
    let named = |columns: &mut dyn Iterator<Item = &usize>, name: &'static str| {
        columns.map(|column| (*column, name)).collect::<Vec<_>>()
    };
    let mut purposes = BTreeMap::new();
    purposes.extend(named(&mut patterns.into_iter(), "patterns of evaluations"));
    purposes.extend(named(&mut steps.into_iter(), "steps of evaluations"));
    purposes.extend(named(&mut fixed.tags.values(), "tags of lookups"));
    purposes.extend(named(&mut fixed.offsets.values(), "offsets"));
    purposes.extend(named(&mut gates.into_iter(), "gates"));
    purposes.extend(tables.flatten().map(|column| (column, "lookup tables")));
    purposes
}

fn selectors(layout: &Strips) -> ColumnGroup {
    let usable = layout.frame.usable;
    let weights = layout.fixed.dot.as_ref().map_or(&[][..], |dot| &dot.lanes);
    let purposes = purposes(layout);
    let (mut columns, mut height, mut filled) = (0, 0, 0);
    let mut by_purpose: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let all = layout.frame.fixed_values.iter().enumerate();
    for (index, column) in all.filter(|(index, _)| !weights.contains(index)) {
        let used = column.values.iter().filter(|value| **value != 0).count();
        (columns, height, filled) = (columns + 1, height.max(column.values.len()), filled + used);
        let purpose = purposes
            .get(&index)
            .copied()
            .unwrap_or("the dot section and the rest");
        let (number, sum) = by_purpose.entry(purpose).or_default();
        (*number, *sum) = (*number + 1, *sum + used);
    }
    let mut empty = Reasons::default();
    for (purpose, (number, used)) in by_purpose {
        let reason = format!(
            "{purpose}: {number} columns that are not zero in {} rows each, on average",
            used / number.max(1)
        );
        empty.add(reason, number * usable - used, None);
    }
    let name = ("fixed: selectors and tables", ColumnKind::Fixed);
    let group = column_group(name, (columns, usable), filled, empty);
    ColumnGroup { height, ..group }
}
