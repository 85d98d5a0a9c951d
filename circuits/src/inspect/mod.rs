//! What a planned circuit looks like: who owns which cells, what each layer costs, and a picture of the columns.

mod figures;
mod ledger;
mod machine;
mod owner;
mod parameters;
mod strips;
mod summary;
mod svg;
mod svg_machine;
mod svg_strips;

pub use figures::{
    ColumnCounts, ColumnGroup, ColumnRange, LayerSummary, LayoutSummary, ParameterSummary, ParametersSummary,
    TableSummary, Totals,
};

use crate::plan::Plan;

impl Plan {
    /// The layout in numbers: columns, tables, and cells, lookups, rows and share of the cost per layer.
    pub fn summary(&self) -> LayoutSummary {
        summary::summary(self)
    }

    /// A picture of the columns as an SVG document: rows run downwards, every layer has its colour. Deterministic.
    pub fn svg(&self) -> String {
        svg::svg(self)
    }
}
