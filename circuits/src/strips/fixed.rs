//! Contents of the fixed columns.

use super::{
    columns::{DotColumns, FixedColumns, ImageColumns, SpongeColumns, lane_count},
    sponge::Sponge,
};
use crate::{
    block::Bank,
    builder::Builder,
    cell::CellAt,
    dot::{DotRow, Multiplier},
    error::CircuitError,
    evaluations::accumulator::{Accumulators, RowUse},
    frame::{Contents, FixedColumn},
    parameter::{Door, Entry},
    poseidon::RowKind,
};
use std::collections::BTreeMap;

/// Fixed columns under construction.
pub(super) struct Fixed<'a, 'g> {
    pub(super) usable: usize,
    pub(super) all: Vec<FixedColumn>,
    pub(super) door: Door<'a, 'g>,
}

impl Fixed<'_, '_> {
    /// A column of structure.
    fn push(&mut self, name: impl Into<String>, values: Vec<i64>) -> usize {
        self.push_as(Contents::Structure, name, values)
    }

    fn push_as(&mut self, contents: Contents, name: impl Into<String>, values: Vec<i64>) -> usize {
        self.all.push(FixedColumn {
            name: name.into(),
            contents: vec![(0, contents)],
            values,
        });
        self.all.len() - 1
    }

    /// A column of which some cells depend on parameters, unless there is nothing in it.
    fn push_entries(
        &mut self,
        name: impl Into<String>,
        entries: &[Entry],
    ) -> Result<Option<usize>, CircuitError> {
        if entries.iter().all(Entry::is_nothing) {
            return Ok(None);
        }
        let column = self.all.len();
        let numbers = entries.iter().enumerate();
        let values: Result<Vec<i64>, CircuitError> = numbers
            .map(|(row, entry)| self.door.number(entry, (column, row)))
            .collect();
        let contents = match entries.iter().all(|entry| entry.terms.is_empty()) {
            true => Contents::Structure,
            false => Contents::Parameters,
        };
        Ok(Some(self.push_as(contents, name, values?)))
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
    fixed: &mut Fixed<'_, '_>,
    sets: usize,
    weight_offset: i64,
) -> Result<FixedColumns, CircuitError> {
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
            if let Some(column) = fixed.push_entries(name, &offsets(b, bank, position))? {
                columns.offsets.insert((bank, position), column);
            }
        }
    }
    for (index, rows) in all.columns.iter().enumerate() {
        let mut selectors = |what: &str, selected: fn(&RowUse) -> Option<u32>| {
            let all = rows_of(rows, selected).into_iter();
            all.map(|(number, rows)| {
                let name = format!("accumulator {index} {what} {number}");
                (number, fixed.selector(name, rows))
            })
            .collect()
        };
        columns.patterns.push(selectors("pattern", |row| row.pattern));
        columns.steps.push(selectors("step", |row| row.step));
    }
    if !b.dots.is_empty() {
        columns.dot = Some(dot_columns(b, fixed, weight_offset)?);
    }
    for set in 0..sets {
        columns.tables.push(table_columns(b, fixed, set));
    }
    for (gate, rows) in b.gates.iter() {
        let selector = fixed.selector(gate.name.clone(), rows.iter().map(|r| *r as usize));
        columns.gates.push((gate.clone(), selector));
    }
    Ok(columns)
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
    fixed: &mut Fixed<'_, '_>,
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

fn offsets(b: &Builder<'_>, bank: Bank, position: usize) -> Vec<Entry> {
    let blocks = b.blocks.iter().filter(|block| block.bank == bank);
    let height = blocks
        .clone()
        .map(|block| block.circuit_row(block.height.max(1) - 1) + 1)
        .max()
        .unwrap_or(0);
    let mut values = vec![Entry::default(); height];
    for block in blocks {
        for row in 0..block.height {
            values[block.circuit_row(row)] = block.offsets.get(row, position);
        }
    }
    values
}

fn dot_columns(
    b: &Builder<'_>,
    fixed: &mut Fixed<'_, '_>,
    weight_offset: i64,
) -> Result<DotColumns, CircuitError> {
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
    let empty = column(&|r| flag(r.weights.is_some()) * weight_offset);
    for lane in 0..lanes {
        let pushed = fixed.push_as(Contents::Parameters, format!("weights {lane}"), empty.clone());
        columns.lanes.push(pushed);
    }
    fixed
        .door
        .lanes(columns.lanes.iter().map(|column| (*column, 0)).collect());
    let all = &mut fixed.all;
    for (row, run) in rows
        .iter()
        .enumerate()
        .filter_map(|(row, r)| Some((row, r.weights?)))
    {
        let write = |(column, row): CellAt, value| all[column].values[row] = value;
        fixed.door.run(run, row, weight_offset, write)?;
    }
    Ok(columns)
}

fn table_columns(b: &Builder<'_>, fixed: &mut Fixed<'_, '_>, set: usize) -> (usize, usize, Option<usize>) {
    let usable = fixed.usable;
    let rows: Vec<_> = b.tables.entries().skip(set * usable).take(usable).collect();
    let mut push = |what: &str, values| fixed.push_as(Contents::Table, format!("table {set} {what}"), values);
    let x = push("x", rows.iter().map(|r| r.0).collect());
    let tag = push("tag", rows.iter().map(|r| r.1).collect());
    let y: Vec<i64> = rows.iter().map(|r| r.2).collect();
    let y = y.iter().any(|v| *v != 0).then(|| push("y", y));
    (x, tag, y)
}
