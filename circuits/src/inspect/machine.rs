//! What owns which part of the machine's layout.

use super::{
    empty::{Reasons, column_group},
    figures::{ColumnGroup, ColumnKind},
    ledger::{Ledger, cells, lookups},
    owner::{Owner, Owners},
};
use crate::machine::MachineLayout;
use std::collections::BTreeMap;

/// Enters stored cells, and rows of the machine. A row costs as much as any other.
pub(super) fn enter(layout: &MachineLayout, owners: &Owners<'_>, ledger: &mut Ledger) {
    for block in &layout.frame.blocks {
        let layer = ledger.layer(owners.of_block(block));
        layer.cells += cells(block);
        layer.lookups += lookups(block);
    }
    let mut uses: BTreeMap<Owner, usize> = BTreeMap::new();
    for node in &layout.arranged.machine.nodes {
        let owner = owners.of_node(*node);
        *uses.entry(owner).or_default() += 1;
        ledger.layer(owner).accumulator_rows += 1;
    }
    for row in layout.dots.rows.iter().skip(1) {
        let weights = row.weights.map_or(0, |w| w.count);
        ledger.layer(owners.of_node(row.node)).weights += weights;
    }
    let rows = layout.arranged.machine.rows.len();
    ledger.spread(rows as f64, &uses);
    ledger.charge((layout.arranged.height - rows) as f64, Owner::Proof);
}

/// Columns by purpose.
pub(super) fn groups(layout: &MachineLayout) -> Vec<ColumnGroup> {
    let usable = layout.frame.usable;
    let group = |name: &str, kind: ColumnKind, columns: usize, cells: usize, reason: &str| {
        let mut empty = Reasons::default();
        empty.add(reason, (columns * usable).saturating_sub(cells), None);
        column_group((name, kind), (columns, usable), cells, empty)
    };
    let stored = layout.frame.blocks.iter().map(cells).sum::<usize>() + layout.frame.tables.rows();
    let rows = layout.arranged.machine.rows.len();
    let fixed = layout.frame.fixed_values.iter().flat_map(|column| &column.values);
    let segments = "segments that are shorter than the longest one, and rows of the last power of two";
    let statement = &layout.frame.statement;
    let instance = group(
        "instance",
        ColumnKind::Instance,
        statement.columns,
        statement.length,
        "rows behind the last public value",
    );
    vec![
        ColumnGroup {
            height: statement.rows(),
            ..instance
        },
        group("cells and multiplicities", ColumnKind::Small, 1, stored, segments),
        group(
            "machine and lookup sum",
            ColumnKind::Full,
            1,
            3 * rows + layout.arranged.usable(),
            segments,
        ),
        group(
            "fixed: constants and tables",
            ColumnKind::Fixed,
            layout.frame.fixed_values.len(),
            fixed.filter(|value| **value != 0).count(),
            "constants that are zero, and rows behind the last one",
        ),
    ]
}
