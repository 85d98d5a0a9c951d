//! A layout in numbers.

use super::{
    figures::{ColumnCounts, LayerSummary, LayoutSummary, TableSummary, Totals},
    groups,
    ledger::Ledger,
    machine,
    owner::Owners,
    parameters, strips,
};
use crate::{frame::Frame, layout::Layout, plan::Plan, table::TableSpec};

/// See [`Plan::summary`].
pub fn summary(plan: &Plan) -> LayoutSummary {
    let (frame, owners) = (plan.frame(), Owners::new(plan));
    let mut ledger = Ledger::default();
    let groups = match plan.layout() {
        Layout::Strips(layout) => {
            strips::enter(layout, &owners, &mut ledger);
            groups::groups(layout, &owners)
        }
        Layout::Machine(layout) => {
            machine::enter(layout, &owners, &mut ledger);
            machine::groups(layout)
        }
    };
    let total: f64 = ledger.cost.values().sum();
    let mut totals = Totals::default();
    let mut layers = Vec::new();
    for (owner, cost) in &ledger.cost {
        let counts = ledger.layers.remove(owner).unwrap_or_default();
        totals.cells += counts.cells;
        totals.lookups += counts.lookups;
        totals.accumulator_rows += counts.accumulator_rows;
        totals.dot_rows += counts.dot_rows;
        totals.weights += counts.weights;
        let (name, op, output_shape) = owners.describe(*owner);
        layers.push(LayerSummary {
            name,
            op,
            output_shape,
            share: cost / total,
            ..counts
        });
    }
    let small = frame.first_late;
    LayoutSummary {
        k: frame.k,
        usable_rows: frame.usable,
        columns: ColumnCounts {
            small,
            full: frame.advice_columns - small,
            fixed: frame.fixed_values.len(),
            instance: frame.statement.columns,
            copied: copied(frame),
        },
        groups,
        tables: tables(frame),
        layers,
        totals,
        parameters: parameters::parameters(plan),
        copies: frame.copies.len(),
        estimated_prove_ms: plan.cost().prove_ms,
        estimated_proof_bytes: plan.cost().proof_bytes,
    }
}

/// Number of columns that copy constraints connect.
fn copied(frame: &Frame) -> usize {
    let mut columns: Vec<usize> = frame.copies.iter().flat_map(|(a, b)| [a.0, b.0]).collect();
    columns.sort_unstable();
    columns.dedup();
    columns.len()
}

fn tables(frame: &Frame) -> Vec<TableSummary> {
    let name = |spec: &TableSpec| match spec {
        TableSpec::Range { length } => format!("0..{length}"),
        TableSpec::Function { name, .. } => name.clone(),
    };
    frame
        .tables
        .specs()
        .iter()
        .map(|spec| TableSummary {
            name: name(spec),
            rows: spec.len(),
        })
        .collect()
}
