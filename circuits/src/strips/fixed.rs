//! Contents of the fixed columns.

use super::{
    columns::{DotColumns, FixedColumns, ImageColumns, SpongeColumns, lane_count},
    sponge::Sponge,
};
use crate::{
    block::Bank,
    builder::Builder,
    dot::{DotRow, Multiplier},
    evaluations::accumulator::{Accumulators, RowUse},
    frame::FixedColumn,
    poseidon::RowKind,
};
use std::collections::BTreeMap;

/// The least power of two above all weights' magnitudes.
pub(super) fn weight_offset(b: &Builder<'_>) -> i64 {
    let products = (0..b.graph.nodes.len()).filter_map(|node| b.product(node)?.weights());
    let largest = products.flat_map(|own| own.weight.iter().map(|w| w.unsigned_abs()).max());
    (largest.max().unwrap_or(0) + 1).next_power_of_two() as i64
}

/// Fixed columns under construction.
pub(super) struct Fixed {
    pub(super) usable: usize,
    pub(super) all: Vec<FixedColumn>,
}

impl Fixed {
    fn push(&mut self, name: impl Into<String>, values: Vec<i64>) -> usize {
        self.all.push(FixedColumn {
            name: name.into(),
            values,
        });
        self.all.len() - 1
    }

    /// A column unless it is all zero.
    fn push_if_used(&mut self, name: impl Into<String>, values: Vec<i64>) -> Option<usize> {
        values.iter().any(|v| *v != 0).then(|| self.push(name, values))
    }

    /// A 0/1 column with ones on the given rows.
    fn selector(&mut self, name: impl Into<String>, rows: impl IntoIterator<Item = usize>) -> usize {
        let mut values = Vec::new();
        for row in rows {
            if values.len() <= row {
                values.resize(row + 1, 0);
            }
            values[row] = 1;
        }
        self.push(name, values)
    }
}

pub(super) fn fixed_columns(
    b: &Builder<'_>,
    all: &Accumulators,
    fixed: &mut Fixed,
    sets: usize,
    weight_offset: i64,
) -> FixedColumns {
    let usable = fixed.usable;
    let mut columns = FixedColumns {
        usable: fixed.selector("usable rows", 0..usable),
        ..FixedColumns::default()
    };
    columns.not_first = (sets > 0).then(|| fixed.selector("not first", 1..usable));
    for bank in [Bank::Single, Bank::Pair] {
        if lane_count(b, bank) > 0 {
            columns
                .tags
                .insert(bank, fixed.push(format!("{bank:?} tag"), tags(b, bank)));
        }
    }
    for (bank, positions) in [
        (Bank::Single, 1),
        (Bank::Pair, 2),
        (Bank::Product, 2),
        (Bank::Operand, 1),
        (Bank::Border, 1),
        (Bank::Committed, 1),
    ] {
        for position in 0..positions {
            let name = format!("{bank:?} offset {position}");
            if let Some(column) = fixed.push_if_used(name, offsets(b, bank, position)) {
                columns.offsets.insert((bank, position), column);
            }
        }
    }
    for (index, rows) in all.columns.iter().enumerate() {
        let name = |what: &str, number: u32| format!("accumulator {index} {what} {number}");
        let patterns = rows_of(rows, |row| row.pattern);
        let patterns = patterns
            .into_iter()
            .map(|(p, rows)| (p, fixed.selector(name("pattern", p), rows)));
        columns.patterns.push(patterns.collect());
        let steps = rows_of(rows, |row| row.step);
        let steps = steps
            .into_iter()
            .map(|(s, rows)| (s, fixed.selector(name("step", s), rows)));
        columns.steps.push(steps.collect());
    }
    if !b.dots.is_empty() {
        columns.dot = Some(dot_columns(b, fixed, weight_offset));
    }
    for set in 0..sets {
        columns.tables.push(table_columns(b, fixed, set));
    }
    for (gate, rows) in b.gates.iter() {
        let selector = fixed.selector(gate.name.clone(), rows.iter().map(|r| *r as usize));
        columns.gates.push((gate.clone(), selector));
    }
    columns
}

/// The rows of an accumulator that select each pattern or step.
fn rows_of(rows: &[RowUse], selected: impl Fn(&RowUse) -> Option<u32>) -> BTreeMap<u32, Vec<usize>> {
    let mut all: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, used) in rows.iter().enumerate() {
        if let Some(index) = selected(used) {
            all.entry(index).or_default().push(row);
        }
    }
    all
}

pub(super) fn sponge_columns(
    sponge: &Sponge,
    not_first: &mut Option<usize>,
    fixed: &mut Fixed,
) -> SpongeColumns {
    let usable = fixed.usable;
    let mut kind = |name: &str, kind| fixed.selector(format!("Poseidon {name}"), sponge.rows_of(kind));
    let absorb = kind("absorb", RowKind::Absorb);
    let rotate = kind("rotate", RowKind::Rotate);
    let full = kind("full", RowKind::Full);
    let partial = kind("partial", RowKind::Partial);
    let constants = fixed.push("Poseidon constants", Vec::new());
    let not_first = *not_first.get_or_insert_with(|| fixed.selector("not first", 1..usable));
    SpongeColumns {
        constants,
        absorb,
        rotate,
        full,
        partial,
        not_first,
    }
}

fn tags(b: &Builder<'_>, bank: Bank) -> Vec<i64> {
    let mut values = vec![0; b.heights.get(&bank).copied().unwrap_or(0)];
    for block in b.blocks.iter().filter(|block| block.bank == bank) {
        let Some(table) = block.table else { continue };
        for row in 0..block.height {
            values[block.circuit_row(row)] = table.tag();
        }
    }
    values
}

fn offsets(b: &Builder<'_>, bank: Bank, position: usize) -> Vec<i64> {
    let blocks = b.blocks.iter().filter(|block| block.bank == bank);
    let height = blocks
        .clone()
        .map(|block| block.circuit_row(block.height.max(1) - 1) + 1)
        .max()
        .unwrap_or(0);
    let mut values = vec![0; height];
    for block in blocks {
        for row in 0..block.height {
            values[block.circuit_row(row)] = block.offsets.get(row, position);
        }
    }
    values
}

fn dot_columns(b: &Builder<'_>, fixed: &mut Fixed, weight_offset: i64) -> DotColumns {
    let rows = &b.dots.rows;
    let flag = |on: bool| i64::from(on);
    let column = |f: &dyn Fn(&DotRow) -> i64| rows.iter().map(f).collect::<Vec<i64>>();
    let mut columns = DotColumns {
        weighted: fixed.push_if_used("weighted", column(&|r| flag(r.weights.is_some()))),
        keep: fixed.push_if_used("total continues", column(&|r| flag(r.keep))),
        horner: fixed.push_if_used("total times ρ", column(&|r| flag(r.horner))),
        by_operand: fixed.push_if_used(
            "times operand",
            column(&|r| flag(r.images == 1 && r.product == Multiplier::Operand)),
        ),
        by_factor: fixed.push_if_used("times factor", column(&|r| flag(r.product == Multiplier::Factor))),
        v: fixed.push_if_used("coefficient of V", column(&|r| flag(r.images == 1) * r.v)),
        f: fixed.push_if_used("coefficient of F", column(&|r| r.f)),
        ..DotColumns::default()
    };
    for images in b.dots.several() {
        let on = |r: &DotRow| flag(r.images == images);
        let times = column(&|r| on(r) * flag(r.product == Multiplier::Operand));
        columns.several.push(ImageColumns {
            images,
            by_operand: fixed.push_if_used(format!("times operands of {images} images"), times),
            v: fixed.push_if_used(
                format!("coefficient of V for {images} images"),
                column(&|r| on(r) * r.v),
            ),
        });
    }
    for step in b.dots.steps() {
        let values = column(&|r| flag(r.step == Some(step)));
        columns
            .steps
            .push((step, fixed.push(format!("weights {step:?}"), values)));
    }
    let lanes = rows
        .iter()
        .filter_map(|r| r.weights.map(|w| w.lane + w.count))
        .max()
        .unwrap_or(0);
    let first = fixed.all.len();
    for lane in 0..lanes {
        let empty = column(&|r| flag(r.weights.is_some()) * weight_offset);
        columns.lanes.push(fixed.push(format!("weights {lane}"), empty));
    }
    for (row, weights) in rows
        .iter()
        .enumerate()
        .filter_map(|(i, r)| r.weights.map(|w| (i, w)))
    {
        for i in 0..weights.count {
            let value = b.weight(&weights, i);
            fixed.all[first + weights.lane + i].values[row] = value + weight_offset;
        }
    }
    columns
}

fn table_columns(b: &Builder<'_>, fixed: &mut Fixed, set: usize) -> (usize, usize, Option<usize>) {
    let usable = fixed.usable;
    let rows: Vec<_> = b.tables.entries().skip(set * usable).take(usable).collect();
    let x = fixed.push(format!("table {set} x"), rows.iter().map(|r| r.0).collect());
    let tag = fixed.push(format!("table {set} tag"), rows.iter().map(|r| r.1).collect());
    let y = fixed.push_if_used(format!("table {set} y"), rows.iter().map(|r| r.2).collect());
    (x, tag, y)
}
