//! What a planned circuit looks like: a table of its layers and a picture of its columns.

mod svg;

pub use svg::svg;

use crate::output::grouped;
use crate::table::{Align, table};
use hallmark_circuits::Plan;
use hallmark_circuits::block::{Bank, Block};
use hallmark_circuits::layout::{LOOKUPS_PER_HELPER, Layout};
use hallmark_model::QuantizedGraph;
use serde::Serialize;
use std::collections::BTreeMap;

/// Weights of columns in the share of the cost, in the ratios of the planner's cost model: one for a column of small
/// integers.
mod weight {
    pub const SMALL: f64 = 1.0;
    pub const FULL: f64 = 2.0;
    pub const FIXED: f64 = 0.6;
}

/// A layout in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// `log2` of the number of rows.
    pub k: u32,
    /// Rows that constraints cover.
    pub usable_rows: usize,
    /// Groups of columns, in the order of the picture.
    pub columns: Vec<ColumnGroup>,
    /// Pairs of cells under copy constraints.
    pub copies: usize,
    /// One per node of the integer graph that takes cells, in order; then what nodes share.
    pub layers: Vec<Layer>,
    /// The planner's estimate of a proof's time on two cores.
    pub estimated_prove_ms: f64,
}

/// Columns of one purpose.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnGroup {
    /// The purpose.
    pub name: String,
    /// Number of columns.
    pub columns: usize,
    /// Cells that hold something.
    pub used_cells: usize,
}

/// What one layer takes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Layer {
    /// Name of the node.
    pub name: String,
    /// Its operation.
    pub op: String,
    /// Stored advice cells.
    pub cells: usize,
    /// Weights and biases in fixed cells.
    pub weights: usize,
    /// Lookups.
    pub lookups: usize,
    /// Rows of its stored blocks and of the dot section.
    pub rows: usize,
    /// Share of the cost, 0 to 1.
    pub share: f64,
}

/// Counts.
pub fn summary(plan: &Plan) -> Summary {
    let layout = plan.layout();
    Summary {
        k: layout.k,
        usable_rows: layout.usable,
        columns: groups(layout),
        copies: layout.copies.len(),
        layers: layers(layout, plan.graph()),
        estimated_prove_ms: plan.cost().prove_ms,
    }
}

/// Cells of a block that hold an element.
fn cells(block: &Block) -> usize {
    block.slot_of.len() * block.fills.len()
}

fn lookups(block: &Block) -> usize {
    match (block.table, block.bank) {
        (None, _) => 0,
        (Some(_), Bank::Pair) => cells(block) / 2,
        (Some(_), _) => cells(block),
    }
}

/// In words, in the order in which the picture has them.
fn bank_name(bank: Bank) -> &'static str {
    match bank {
        Bank::Single => "range-checked cells",
        Bank::Pair => "function arguments and values",
        Bank::Product => "factors of products",
        Bank::Operand => "multiplicands of weights",
        Bank::Border => "borders of convolutions",
        Bank::Committed => "private inputs to commit",
        Bank::Instance => "instance",
    }
}

fn groups(layout: &Layout) -> Vec<ColumnGroup> {
    let mut groups = Vec::new();
    let mut push = |name: &str, columns: usize, used_cells: usize| {
        if columns > 0 {
            groups.push(ColumnGroup {
                name: name.to_owned(),
                columns,
                used_cells,
            });
        }
    };
    push("instance", layout.statement.columns, layout.statement.length);
    for (bank, lanes) in &layout.advice.lanes {
        let used = layout
            .blocks
            .iter()
            .filter(|block| block.bank == *bank)
            .map(cells)
            .sum();
        push(bank_name(*bank), lanes.len(), used);
    }
    push(
        "multiplicities",
        layout.advice.multiplicities.len(),
        layout.tables.rows(),
    );
    let evaluated = layout
        .accumulators
        .columns
        .iter()
        .flatten()
        .filter(|row| row.taken)
        .count();
    push("evaluations", layout.advice.accumulators.len(), evaluated);
    let dot = layout.advice.dot.map_or(0, |dot| dot.len());
    push("products and sums", dot, dot * layout.dots.len());
    let helpers: usize = layout.advice.helpers.values().map(Vec::len).sum();
    let checked: usize = layout.blocks.iter().map(lookups).sum();
    push("lookup helpers", helpers, checked.div_ceil(LOOKUPS_PER_HELPER));
    push(
        "table helpers",
        layout.advice.table_helpers.len(),
        layout.tables.rows().div_ceil(LOOKUPS_PER_HELPER),
    );
    push(
        "lookup sum",
        usize::from(layout.advice.sum.is_some()),
        layout.usable,
    );
    let lanes = layout.fixed.dot.as_ref().map_or(0, |dot| dot.lanes.len());
    let weights = layout
        .dots
        .rows
        .iter()
        .filter_map(|row| row.weights)
        .map(|row| row.count)
        .sum();
    push("fixed: weights", lanes, weights);
    let others = layout.fixed_values.len().saturating_sub(lanes);
    let total: usize = layout
        .fixed_values
        .iter()
        .map(|column| column.values.iter().filter(|v| **v != 0).count())
        .sum();
    push(
        "fixed: tables and selectors",
        others,
        total.saturating_sub(weights),
    );
    groups
}

fn layers(layout: &Layout, graph: &QuantizedGraph) -> Vec<Layer> {
    let mut costs: BTreeMap<Option<usize>, (Layer, f64)> = BTreeMap::new();
    let mut total = 0.0;
    for (bank, lanes) in &layout.advice.lanes {
        let helpers = layout.advice.helpers.get(bank).map_or(0, Vec::len);
        let cost = weight::SMALL * lanes.len() as f64 + weight::FULL * helpers as f64;
        let blocks = || layout.blocks.iter().filter(|block| block.bank == *bank);
        let used: usize = blocks().map(cells).sum();
        total += cost;
        for block in blocks() {
            let (layer, share) = costs.entry(block.node).or_default();
            layer.cells += cells(block);
            layer.lookups += lookups(block);
            layer.rows += block.height;
            *share += cost * cells(block) as f64 / used.max(1) as f64;
        }
    }
    let dot_fixed = layout.fixed.dot.as_ref().map_or(0, |dot| dot.lanes.len());
    let dot_cost =
        weight::FULL * layout.advice.dot.map_or(0, |dot| dot.len()) as f64 + weight::FIXED * dot_fixed as f64;
    total += dot_cost;
    for row in &layout.dots.rows {
        let (layer, share) = costs.entry(row.node).or_default();
        layer.rows += 1;
        layer.weights += row.weights.map_or(0, |weights| weights.count);
        *share += dot_cost / layout.dots.len() as f64;
    }
    let shared = weight::SMALL * layout.advice.multiplicities.len() as f64
        + weight::FULL * (layout.advice.accumulators.len() + layout.advice.table_helpers.len() + 1) as f64
        + weight::FIXED * layout.fixed_values.len().saturating_sub(dot_fixed) as f64;
    total += shared;
    costs.entry(None).or_default().1 += shared;
    // What belongs to no node comes last.
    let (named, others): (Vec<_>, Vec<_>) = costs.into_iter().partition(|(node, _)| node.is_some());
    named
        .into_iter()
        .chain(others)
        .map(|(node, (layer, cost))| named_layer(layer, node, cost / total, graph))
        .collect()
}

fn named_layer(layer: Layer, node: Option<usize>, share: f64, graph: &QuantizedGraph) -> Layer {
    let Some(node) = node.and_then(|index| graph.nodes.get(index)) else {
        let (name, op) = ("inputs, evaluations, tables".to_owned(), "shared".to_owned());
        return Layer {
            name,
            op,
            share,
            ..layer
        };
    };
    // Cells belong to the rounding that ends a source node; the first step of that name says what it does.
    let first = graph
        .nodes
        .iter()
        .find(|other| other.name == node.name)
        .unwrap_or(node);
    Layer {
        name: node.name.clone(),
        op: hallmark_prover::operation(&first.op),
        share,
        ..layer
    }
}

/// Tables for people.
pub fn in_words(summary: &Summary) -> String {
    use Align::{Left, Right};
    let number = |n: usize| {
        if n == 0 {
            "·".to_owned()
        } else {
            grouped(n as u64)
        }
    };
    let rows: Vec<Vec<String>> = summary
        .layers
        .iter()
        .map(|layer| {
            let mut row = vec![shortened(&layer.name, 32), shortened(&layer.op, 34)];
            row.extend([layer.cells, layer.weights, layer.lookups, layer.rows].map(number));
            row.push(format!("{:.1} %", 100.0 * layer.share));
            row
        })
        .collect();
    let header = [
        ("layer", Left),
        ("operation", Left),
        ("cells", Right),
        ("weights", Right),
        ("lookups", Right),
        ("rows", Right),
        ("share of cost", Right),
    ];
    let mut text = format!("\n{}\n", table(&header, &rows));
    let rows: Vec<Vec<String>> = summary
        .columns
        .iter()
        .map(|group| {
            let capacity = (group.columns * summary.usable_rows).max(1);
            let filled = 100.0 * group.used_cells as f64 / capacity as f64;
            vec![
                group.name.clone(),
                grouped(group.columns as u64),
                format!("{filled:.0} %"),
            ]
        })
        .collect();
    text.push_str(&table(
        &[("columns", Left), ("number", Right), ("filled", Right)],
        &rows,
    ));
    text.push_str(&format!(
        "\n2^{} rows, {} of them usable; {} copy constraints\n",
        summary.k,
        grouped(summary.usable_rows as u64),
        grouped(summary.copies as u64)
    ));
    text
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{kept}…")
}
