//! What owns which part of the machine's layout.

use super::{
    figures::ColumnGroup,
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
    let group = |name: &str, columns: usize, used: usize| ColumnGroup {
        name: name.to_owned(),
        columns,
        height: layout.frame.usable,
        filled: used as f64 / (columns * layout.frame.usable).max(1) as f64,
    };
    let stored = layout.frame.blocks.iter().map(cells).sum::<usize>() + layout.frame.tables.rows();
    let rows = layout.arranged.machine.rows.len();
    let fixed = layout.frame.fixed_values.iter().flat_map(|column| &column.values);
    let instance = ColumnGroup {
        height: layout.frame.statement.rows(),
        ..group(
            "instance",
            layout.frame.statement.columns,
            layout.frame.statement.length,
        )
    };
    vec![
        instance,
        group("cells and multiplicities", 1, stored),
        group("machine and lookup sum", 1, 3 * rows + layout.arranged.usable()),
        group(
            "fixed: constants and tables",
            layout.frame.fixed_values.len(),
            fixed.filter(|value| **value != 0).count(),
        ),
    ]
}
