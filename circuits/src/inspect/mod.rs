//! What a planned circuit looks like: who owns which cells, what each layer costs, and a picture of the columns.

mod empty;
mod figures;
mod groups;
mod ledger;
mod machine;
mod needed;
mod owner;
mod parameters;
mod strips;
mod summary;
mod svg;
mod svg_machine;
mod svg_strips;

pub use figures::{
    ColumnCounts, ColumnGroup, ColumnKind, ColumnRange, EmptyCells, LayerSummary, LayoutSummary,
    ParameterSummary, ParametersSummary, TableSummary, Totals,
};

use crate::{plan::Plan, witness::Witness};
use hallmark_model::Trace;

impl Plan {
    /// The layout in numbers: columns, tables, and cells, lookups, rows and share of the cost per layer.
    pub fn summary(&self) -> LayoutSummary {
        summary::summary(self)
    }

    /// The small integers of an execution that the network needs, whatever columns they lie in: stored values, remainders,
    /// arguments and values of functions, copies of operands, multiplicities of the lookup tables. What is equally wide lies
    /// together.
    ///
    /// `witness` has to be that of `trace`.
    pub fn needed_integers(&self, trace: &Trace, witness: &Witness) -> Vec<i64> {
        needed::integers(self, trace, witness)
    }

    /// A picture of the columns as an SVG document: rows run downwards, every layer has its colour. Deterministic.
    pub fn svg(&self) -> String {
        svg::svg(self)
    }
}
