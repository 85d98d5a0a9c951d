//! A layout in numbers.

use super::owner::{Owner, Owners};
use crate::{
    block::{Bank, Block},
    cost::rate,
    layout::Layout,
    plan::Plan,
    table::TableSpec,
    wired::Wired,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A layout in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct LayoutSummary {
    /// `log2` of the number of rows.
    pub k: u32,
    /// Rows that constraints cover.
    pub usable_rows: usize,
    /// Columns by what they cost.
    pub columns: ColumnCounts,
    /// Columns by purpose, in the order of the picture.
    pub groups: Vec<ColumnGroup>,
    /// Lookup tables.
    pub tables: Vec<TableSummary>,
    /// One entry per source node that has cells, in order; then what layers share.
    pub layers: Vec<LayerSummary>,
    /// Sums over `layers`.
    pub totals: Totals,
    /// Pairs of cells under copy constraints.
    pub copies: usize,
    /// The planner's estimate of the proving time on two cores, in milliseconds.
    pub estimated_prove_ms: f64,
    /// The planner's estimate of the proof's size, in bytes.
    pub estimated_proof_bytes: usize,
}

/// Numbers of columns.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnCounts {
    /// Advice columns of small integers.
    pub small: usize,
    /// Advice columns of field elements.
    pub full: usize,
    /// Fixed columns.
    pub fixed: usize,
    /// Instance columns.
    pub instance: usize,
    /// Columns under copy constraints.
    pub copied: usize,
}

/// Columns of one purpose.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnGroup {
    /// The purpose.
    pub name: String,
    /// Number of columns.
    pub columns: usize,
    /// Last used row plus one.
    pub height: usize,
    /// Share of the usable cells that hold something, 0 to 1.
    pub filled: f64,
}

/// A lookup table.
#[derive(Clone, Debug, Serialize)]
pub struct TableSummary {
    /// What it maps.
    pub name: String,
    /// Number of rows.
    pub rows: usize,
}

/// What one layer takes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LayerSummary {
    /// Name of the source node, or of what is shared.
    pub name: String,
    /// Its first operation in the integer graph.
    pub op: String,
    /// Shape of its result; empty for what is shared.
    pub output_shape: Vec<usize>,
    /// Stored cells with an element.
    pub cells: usize,
    /// Lookups of these cells.
    pub lookups: usize,
    /// Rows of evaluations.
    pub accumulator_rows: usize,
    /// Rows of the dot section.
    pub dot_rows: usize,
    /// Weights and biases in fixed cells.
    pub weights: usize,
    /// Share of the estimated cost, 0 to 1. Empty cells count for those who fill the same columns.
    pub share: f64,
}

/// Sums over all layers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Stored cells with an element.
    pub cells: usize,
    /// Lookups of these cells.
    pub lookups: usize,
    /// Rows of evaluations.
    pub accumulator_rows: usize,
    /// Rows of the dot section.
    pub dot_rows: usize,
    /// Weights and biases in fixed cells.
    pub weights: usize,
}

/// Name of a bank's columns.
pub fn bank_name(bank: Bank) -> &'static str {
    match bank {
        Bank::Single => "numbers",
        Bank::Pair => "functions",
        Bank::Product => "factors",
        Bank::Operand => "operands",
        Bank::Border => "borders",
        Bank::Committed => "committed inputs",
        Bank::Instance => "instance",
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

/// Counts and costs per owner.
#[derive(Default)]
struct Ledger {
    layers: BTreeMap<Owner, LayerSummary>,
    cost: BTreeMap<Owner, f64>,
}

impl Ledger {
    fn layer(&mut self, owner: Owner) -> &mut LayerSummary {
        self.layers.entry(owner).or_default()
    }

    /// Divides a cost in proportion to the use of the columns that cause it.
    fn spread(&mut self, cost: f64, uses: &BTreeMap<Owner, usize>) {
        let total: usize = uses.values().sum();
        if total == 0 {
            *self.cost.entry(Owner::Proof).or_default() += cost;
        }
        for (owner, used) in uses {
            *self.cost.entry(*owner).or_default() += cost * *used as f64 / total.max(1) as f64;
        }
    }

    fn charge(&mut self, cost: f64, owner: Owner) {
        *self.cost.entry(owner).or_default() += cost;
    }
}

/// See [`Plan::summary`].
pub fn summary(plan: &Plan) -> LayoutSummary {
    let (layout, owners) = (plan.layout(), Owners::new(plan));
    let mut ledger = Ledger::default();
    if let Some(wired) = &layout.wired {
        machine(layout, wired, &owners, &mut ledger);
    } else {
        let single = banks(layout, &owners, &mut ledger);
        accumulators(layout, &owners, &mut ledger);
        dots(layout, &owners, &mut ledger);
        shared(layout, &single, &mut ledger);
    }
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
    let small = layout.advice.first_late;
    LayoutSummary {
        k: layout.k,
        usable_rows: layout.usable,
        columns: ColumnCounts {
            small,
            full: layout.advice.count - small,
            fixed: layout.fixed_values.len(),
            instance: layout.statement.columns,
            copied: copied(layout),
        },
        groups: match &layout.wired {
            Some(wired) => wired_groups(layout, wired),
            None => groups(layout),
        },
        tables: tables(layout),
        layers,
        totals,
        copies: layout.copies.len(),
        estimated_prove_ms: plan.cost().prove_ms,
        estimated_proof_bytes: plan.cost().proof_bytes,
    }
}

/// Number of columns that copy constraints connect.
fn copied(layout: &Layout) -> usize {
    let mut columns: Vec<usize> = layout.copies.iter().flat_map(|(a, b)| [a.0, b.0]).collect();
    columns.sort_unstable();
    columns.dedup();
    columns.len()
}

/// Stored cells with their helpers, tags and offsets; returns who uses [`Bank::Single`].
fn banks(layout: &Layout, owners: &Owners<'_>, ledger: &mut Ledger) -> BTreeMap<Owner, usize> {
    let mut single = BTreeMap::new();
    for (bank, lanes) in &layout.advice.lanes {
        let mut uses: BTreeMap<Owner, usize> = BTreeMap::new();
        for block in layout.blocks.iter().filter(|block| block.bank == *bank) {
            let owner = owners.of_block(block);
            *uses.entry(owner).or_default() += cells(block);
            let layer = ledger.layer(owner);
            layer.cells += cells(block);
            layer.lookups += lookups(block);
        }
        let helpers = layout.advice.helpers.get(bank).map_or(0, Vec::len);
        let fixed = usize::from(layout.fixed.tags.contains_key(bank))
            + layout.fixed.offsets.keys().filter(|(b, _)| b == bank).count();
        let cost =
            rate::SMALL * lanes.len() as f64 + rate::FULL * helpers as f64 + rate::FIXED * fixed as f64;
        if !lanes.is_empty() {
            ledger.spread(cost, &uses);
        }
        if *bank == Bank::Single {
            single = uses;
        }
    }
    single
}

/// Evaluations: each column and its selectors, by rows.
fn accumulators(layout: &Layout, owners: &Owners<'_>, ledger: &mut Ledger) {
    for index in 0..layout.accumulators.columns.len() {
        let mut uses: BTreeMap<Owner, usize> = BTreeMap::new();
        for owner in owners.of_accumulator(index).into_iter().flatten() {
            *uses.entry(owner).or_default() += 1;
            ledger.layer(owner).accumulator_rows += 1;
        }
        let selectors = layout.fixed.patterns[index].len() + layout.fixed.steps[index].len();
        ledger.spread(rate::FULL + rate::COPIED + rate::FIXED * selectors as f64, &uses);
    }
}

/// Products with weights and equations, by rows.
fn dots(layout: &Layout, owners: &Owners<'_>, ledger: &mut Ledger) {
    let (Some(columns), Some(fixed)) = (layout.advice.dot, &layout.fixed.dot) else {
        return;
    };
    let mut uses: BTreeMap<Owner, usize> = BTreeMap::new();
    for row in layout.dots.rows.iter().skip(1) {
        let owner = owners.of_node(row.node);
        *uses.entry(owner).or_default() += 1;
        let layer = ledger.layer(owner);
        layer.dot_rows += 1;
        layer.weights += row.weights.map_or(0, |w| w.count);
    }
    let flags = [
        fixed.weighted,
        fixed.keep,
        fixed.horner,
        fixed.by_operand,
        fixed.by_factor,
        fixed.v,
        fixed.f,
    ];
    let several = fixed.several.iter().flat_map(|s| [s.by_operand, s.v]);
    let selectors = fixed.steps.len() + flags.into_iter().chain(several).flatten().count();
    ledger.spread(
        (rate::FULL + rate::COPIED) * columns.len() as f64
            + rate::FIXED * selectors as f64
            + rate::WEIGHTS * fixed.lanes.len() as f64,
        &uses,
    );
}

/// A wired circuit: stored cells, and rows of the machine. A row costs as much as any other.
fn machine(layout: &Layout, wired: &Wired, owners: &Owners<'_>, ledger: &mut Ledger) {
    for block in &layout.blocks {
        let layer = ledger.layer(owners.of_block(block));
        layer.cells += cells(block);
        layer.lookups += lookups(block);
    }
    let mut uses: BTreeMap<Owner, usize> = BTreeMap::new();
    for node in &wired.machine.nodes {
        let owner = owners.of_node(*node);
        *uses.entry(owner).or_default() += 1;
        ledger.layer(owner).accumulator_rows += 1;
    }
    for row in layout.dots.rows.iter().skip(1) {
        let weights = row.weights.map_or(0, |w| w.count);
        ledger.layer(owners.of_node(row.node)).weights += weights;
    }
    let rows = wired.machine.rows.len();
    ledger.spread(rows as f64, &uses);
    ledger.charge((wired.height - rows) as f64, Owner::Proof);
}

fn wired_groups(layout: &Layout, wired: &Wired) -> Vec<ColumnGroup> {
    let group = |name: &str, columns: usize, used: usize| ColumnGroup {
        name: name.to_owned(),
        columns,
        height: layout.usable,
        filled: used as f64 / (columns * layout.usable).max(1) as f64,
    };
    let stored = layout.blocks.iter().map(cells).sum::<usize>() + layout.tables.rows();
    let rows = wired.machine.rows.len();
    let fixed = layout.fixed_values.iter().flat_map(|column| &column.values);
    let instance = ColumnGroup {
        height: layout.statement.rows(),
        ..group("instance", layout.statement.columns, layout.statement.length)
    };
    vec![
        instance,
        group("cells and multiplicities", 1, stored),
        group("machine and lookup sum", 1, 3 * rows + wired.usable()),
        group(
            "fixed: constants and tables",
            layout.fixed_values.len(),
            fixed.filter(|value| **value != 0).count(),
        ),
    ]
}

/// Tables, gates over lanes, the commitment, and what every proof has.
fn shared(layout: &Layout, single: &BTreeMap<Owner, usize>, ledger: &mut Ledger) {
    let advice = &layout.advice;
    let late = advice.table_helpers.len() + usize::from(advice.sum.is_some());
    let fixed: usize = layout
        .fixed
        .tables
        .iter()
        .map(|(.., y)| 2 + usize::from(y.is_some()))
        .sum();
    let tables = rate::SMALL * advice.multiplicities.len() as f64
        + rate::FULL * late as f64
        + rate::FIXED * fixed as f64;
    ledger.charge(tables, Owner::Tables);
    if !layout.fixed.gates.is_empty() {
        ledger.spread(rate::FIXED * layout.fixed.gates.len() as f64, single);
    }
    if !advice.sponge.is_empty() {
        let fixed = 5.0;
        ledger.charge(
            rate::FULL * advice.sponge.len() as f64 + rate::FIXED * fixed,
            Owner::Commitment,
        );
    }
    let usable = 1 + usize::from(layout.fixed.not_first.is_some());
    ledger.charge(rate::BASE + rate::FIXED * usable as f64, Owner::Proof);
}

fn tables(layout: &Layout) -> Vec<TableSummary> {
    let name = |spec: &TableSpec| match spec {
        TableSpec::Range { length } => format!("0..{length}"),
        TableSpec::Function { name, .. } => name.clone(),
    };
    layout
        .tables
        .specs()
        .iter()
        .map(|spec| TableSummary {
            name: name(spec),
            rows: spec.len(),
        })
        .collect()
}

fn groups(layout: &Layout) -> Vec<ColumnGroup> {
    let mut groups = Vec::new();
    let mut push = |name: &str, columns: usize, height: usize, used: usize| {
        if columns > 0 {
            let filled = used as f64 / (columns * layout.usable).max(1) as f64;
            groups.push(ColumnGroup {
                name: name.to_owned(),
                columns,
                height,
                filled,
            });
        }
    };
    push(
        "instance",
        layout.statement.columns,
        layout.statement.rows(),
        layout.statement.length,
    );
    for (bank, lanes) in &layout.advice.lanes {
        let blocks = || {
            layout
                .blocks
                .iter()
                .filter(|block| block.bank == *bank && block.height > 0)
        };
        let height = blocks()
            .map(|b| b.circuit_row(b.height - 1) + 1)
            .max()
            .unwrap_or(0);
        push(bank_name(*bank), lanes.len(), height, blocks().map(cells).sum());
    }
    let advice = &layout.advice;
    let rows = layout.tables.rows();
    push(
        "multiplicities",
        advice.multiplicities.len(),
        rows.min(layout.usable),
        rows,
    );
    let taken = layout
        .accumulators
        .columns
        .iter()
        .flatten()
        .filter(|row| row.taken)
        .count();
    push(
        "evaluations",
        advice.accumulators.len(),
        layout.accumulators.height(),
        taken,
    );
    let dot = advice.dot.map_or(0, |dot| dot.len());
    push(
        "weights and sums",
        dot,
        layout.dots.len(),
        dot * layout.dots.len(),
    );
    let helpers = advice.helpers.values().map(Vec::len).sum::<usize>()
        + advice.table_helpers.len()
        + usize::from(advice.sum.is_some());
    push("lookup helpers", helpers, layout.usable, helpers * layout.usable);
    let filled = |columns: &[usize]| -> (usize, usize) {
        let values = || columns.iter().map(|c| &layout.fixed_values[*c].values);
        (
            values().map(Vec::len).max().unwrap_or(0),
            values().flatten().filter(|v| **v != 0).count(),
        )
    };
    push(
        "sponge",
        advice.sponge.len(),
        layout.usable,
        advice.sponge.len() * layout.usable,
    );
    let lanes = layout.fixed.dot.as_ref().map_or(&[][..], |dot| &dot.lanes);
    let weights = layout
        .dots
        .rows
        .iter()
        .filter_map(|row| row.weights)
        .map(|w| w.count)
        .sum();
    push("fixed: weights", lanes.len(), filled(lanes).0, weights);
    let others: Vec<usize> = (0..layout.fixed_values.len())
        .filter(|c| !lanes.contains(c))
        .collect();
    let (height, used) = filled(&others);
    push("fixed: selectors and tables", others.len(), height, used);
    groups
}
