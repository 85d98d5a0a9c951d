//! Which cells hold parameters, and what a layout shows of them besides.

use super::figures::{ColumnRange, ParameterSummary, ParametersSummary};
use crate::{
    parameter::{Parameters, Place},
    plan::Plan,
};
use std::collections::BTreeMap;

/// The account of a plan's parameters.
pub(super) fn parameters(plan: &Plan) -> ParametersSummary {
    let (graph, held) = (plan.graph(), &plan.frame().held);
    let parameters = Parameters::new(graph);
    let (columns, of) = held.counts();
    let cells = columns.values().sum();
    let all = parameters.iter().map(|(id, own)| ParameterSummary {
        node: graph.nodes[id.node].name.clone(),
        role: id.role.words(),
        shape: own.shape.clone(),
        bits: own.bits(),
        place: match parameters.place(id) {
            Place::Fixed => "fixed columns",
        },
        cells: of.get(&id).copied().unwrap_or(0),
        zero: own.is_zero(),
        equal_elements: held.equal.contains(&id),
    });
    ParametersSummary {
        all: all.collect(),
        cells,
        columns: ranges(plan, columns),
    }
}

/// Columns next to each other as one range.
fn ranges(plan: &Plan, columns: BTreeMap<usize, usize>) -> Vec<ColumnRange> {
    let mut ranges: Vec<ColumnRange> = Vec::new();
    for (column, cells) in columns {
        let name = plan.frame().fixed_values[column].name.clone();
        match ranges.last_mut().filter(|range| range.last + 1 == column) {
            Some(range) => (range.last, range.cells) = (column, range.cells + cells),
            None => ranges.push(ColumnRange {
                first: column,
                last: column,
                name,
                cells,
            }),
        }
    }
    ranges
}
