//! The final circuit: numbered columns, fixed contents, copies. Everything a prover needs except a witness.

use crate::{
    Fr,
    accumulator::Accumulators,
    block::{Bank, Block},
    builder::{Builder, Widths},
    dot::{Dots, Product, WeightSource},
    error::CircuitError,
    gate::Gate,
    poseidon::{self, RowKind, Section, Sponge},
    statement::StatementLayout,
    table::Tables,
    view::Atom,
    wired::{self, Wired},
};
use hallmark_model::ops::integer::{IntConv, Linear};
use hallmark_model::{QOp, QuantizedGraph};
use std::collections::BTreeMap;

/// Lookups that share one helper cell: `helper · Π(β − f_i)` has degree five with the selector.
pub const LOOKUPS_PER_HELPER: usize = 3;

/// Rows at the end of the columns that halo2 fills with randomness: at most three openings per column, two for the
/// multi-open argument and slack, and the last usable row's neighbour.
pub const UNUSABLE_ROWS: usize = 7;

/// The advice columns by purpose: indices in order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdviceColumns {
    /// Lanes per bank (phase 0).
    pub lanes: BTreeMap<Bank, Vec<usize>>,
    /// Multiplicities, one per table set (phase 0).
    pub multiplicities: Vec<usize>,
    /// Accumulators (last phase, as all below).
    pub accumulators: Vec<usize>,
    /// Weight accumulator, factor, total.
    pub dot: Option<[usize; 3]>,
    /// Lookup helpers per bank.
    pub helpers: BTreeMap<Bank, Vec<usize>>,
    /// Table helpers.
    pub table_helpers: Vec<usize>,
    /// Running sum of all helpers.
    pub sum: Option<usize>,
    /// The commitment's sponge: [`poseidon::CELLS`] per track.
    pub sponge: Vec<usize>,
    /// Number of columns.
    pub count: usize,
    /// Columns from this index on are of the last phase.
    pub first_late: usize,
}

/// The fixed columns by purpose: indices in order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixedColumns {
    /// One on usable rows.
    pub usable: usize,
    /// One on usable rows but the first (where lookups exist).
    pub not_first: Option<usize>,
    /// Tags per looked-up bank.
    pub tags: BTreeMap<Bank, usize>,
    /// Offsets per bank and position; left out where all are zero.
    pub offsets: BTreeMap<(Bank, usize), usize>,
    /// Per accumulator: selected pattern → column.
    pub patterns: Vec<BTreeMap<u32, usize>>,
    /// Per accumulator: selected step → column.
    pub steps: Vec<BTreeMap<u32, usize>>,
    /// The dot section.
    pub dot: Option<DotColumns>,
    /// Per table set: x, tag, and y where a function is looked up.
    pub tables: Vec<(usize, usize, Option<usize>)>,
    /// Gates over lanes, and the columns that say where they hold.
    pub gates: Vec<(Gate, usize)>,
    /// The commitment's sponge.
    pub sponge: Option<SpongeColumns>,
}

/// Fixed columns of the commitment's sponge: a selector per kind of row and the constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpongeColumns {
    /// Round constants: field elements, which [`FixedColumn`] cannot hold; see [`Sponge::constants`].
    pub constants: usize,
    /// Absorbs an element.
    pub absorb: usize,
    /// An S-box without mixing.
    pub rotate: usize,
    /// The end of a full round.
    pub full: usize,
    /// A partial round.
    pub partial: usize,
    /// One on usable rows but the first.
    pub not_first: usize,
}

/// Fixed columns of the dot section; absent ones are zero throughout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DotColumns {
    /// One where the weight accumulator is an evaluation of the row's weights.
    pub weighted: Option<usize>,
    /// Distinct steps of the weight accumulator.
    pub steps: Vec<(crate::accumulator::Step, usize)>,
    /// Total continues.
    pub keep: Option<usize>,
    /// Total continues times ρ.
    pub horner: Option<usize>,
    /// Adds `V·X`.
    pub by_operand: Option<usize>,
    /// Adds `V·F`.
    pub by_factor: Option<usize>,
    /// Coefficient of `V`.
    pub v: Option<usize>,
    /// Coefficient of `F`.
    pub f: Option<usize>,
    /// Rows of several images.
    pub several: Vec<ImageColumns>,
    /// Weight lanes, stored plus [`Layout::weight_offset`].
    pub lanes: Vec<usize>,
}

/// Fixed columns of the dot section for rows of equally many images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageColumns {
    /// Number of images.
    pub images: usize,
    /// Adds `V·Σ_i ρ^(i·pitch)·X_i`.
    pub by_operand: Option<usize>,
    /// Coefficient of `V·Σ_i ρ^(i·pitch)`.
    pub v: Option<usize>,
}

/// A fixed column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedColumn {
    /// Purpose, for reports.
    pub name: String,
    /// Values from row 0; rows beyond are zero.
    pub values: Vec<i64>,
}

/// A cell of an advice column.
pub type CellAt = (usize, usize);

/// The circuit without a witness.
#[derive(Clone)]
pub struct Layout {
    /// `log2` of the number of rows.
    pub k: u32,
    /// Rows that constraints cover.
    pub usable: usize,
    /// Bank widths.
    pub widths: Widths,
    /// Stored blocks.
    pub blocks: Vec<Block>,
    /// Tables.
    pub tables: Tables,
    /// Evaluations.
    pub accumulators: Accumulators,
    /// Weights and equations.
    pub dots: Dots,
    /// The statement.
    pub statement: StatementLayout,
    /// Advice columns.
    pub advice: AdviceColumns,
    /// Fixed columns.
    pub fixed: FixedColumns,
    /// Contents of the fixed columns.
    pub fixed_values: Vec<FixedColumn>,
    /// What is added to weights so that they are stored as non-negative integers.
    pub weight_offset: i64,
    /// The commitment to private inputs.
    pub sponge: Option<Sponge>,
    /// Pairs of equal cells.
    pub copies: Vec<(CellAt, CellAt)>,
    /// The machine of a layout for contracts; the parts above that only other layouts have are empty then.
    pub wired: Option<Wired>,
}

/// Rows that a lowering needs, by section.
pub fn rows_needed(b: &Builder<'_>) -> usize {
    let banks = b.heights.values().copied().max().unwrap_or(0);
    let sponge = b.sponge.as_ref().map_or(0, Section::height);
    banks
        .max(b.dots.len())
        .max(b.accumulators.height())
        .max(b.statement.rows())
        .max(sponge)
}

impl Layout {
    /// Numbers the columns and fills the fixed ones.
    pub fn new(b: Builder<'_>, k: u32) -> Result<Self, CircuitError> {
        if b.wired {
            return wired::lay_out(b, k);
        }
        let usable = (1usize << k) - UNUSABLE_ROWS;
        let needed = rows_needed(&b);
        if needed > usable {
            return Err(CircuitError::TooLarge {
                reason: format!("{needed} rows are needed"),
                max_k: k,
            });
        }
        let sets = b.tables.rows().div_ceil(usable);
        let weight_offset = weight_offset(b.graph);
        let advice = advice_columns(&b, sets);
        let mut fixed = Fixed {
            usable,
            all: Vec::new(),
        };
        let mut columns = fixed_columns(&b, &mut fixed, sets, weight_offset);
        let sponge = Sponge::of(&b)?;
        let mut copies = copies(&b, &advice);
        if let Some(sponge) = &sponge {
            columns.sponge = Some(sponge_columns(sponge, &mut columns.not_first, &mut fixed));
            let total = advice.dot.map(|[.., total]| total);
            copies.extend(sponge.copies(&advice, &|atom| cell(&advice, total, atom)));
        }
        Ok(Self {
            k,
            usable,
            widths: b.widths,
            advice,
            fixed: columns,
            fixed_values: fixed.all,
            weight_offset,
            sponge,
            copies,
            blocks: b.blocks,
            tables: b.tables,
            accumulators: b.accumulators,
            dots: b.dots,
            statement: b.statement,
            wired: None,
        })
    }

    /// The one fixed column that holds other field elements than small integers, if there is one: its index and its values
    /// from row 0.
    pub fn field_column(&self) -> Option<(usize, Vec<Fr>)> {
        if let Some(wired) = &self.wired {
            return wired.field_column(&self.fixed_values);
        }
        let (sponge, columns) = self.sponge.as_ref().zip(self.fixed.sponge.as_ref())?;
        Some((columns.constants, sponge.constants().collect()))
    }
}

/// The least power of two above all weights' magnitudes.
fn weight_offset(graph: &QuantizedGraph) -> i64 {
    let largest = graph.nodes.iter().flat_map(|n| match &n.op {
        QOp::Conv(IntConv { weight, .. }) | QOp::Linear(Linear { weight, .. }) => {
            weight.iter().map(|w| w.unsigned_abs()).max()
        }
        _ => None,
    });
    (largest.max().unwrap_or(0) + 1).next_power_of_two() as i64
}

/// Lanes of a bank.
fn lane_count(b: &Builder<'_>, bank: Bank) -> usize {
    let used = b.blocks.iter().any(|block| block.bank == bank);
    match bank {
        _ if !used => 0,
        Bank::Single => b.widths.single,
        Bank::Pair => 2 * b.widths.pair,
        Bank::Product => 2 * b.widths.product,
        Bank::Operand => operand_lanes(b),
        Bank::Border => b.widths.border,
        Bank::Committed => b.committed_lanes,
        Bank::Instance => b.widths.instance,
    }
}

/// Lanes of [`Bank::Operand`]: as many as the operands that have the most.
pub fn operand_lanes(b: &Builder<'_>) -> usize {
    let operands = b.blocks.iter().filter(|block| block.bank == Bank::Operand);
    operands.map(|block| block.slots_per_row).max().unwrap_or(0)
}

fn advice_columns(b: &Builder<'_>, sets: usize) -> AdviceColumns {
    let mut columns = AdviceColumns::default();
    let mut take = |count: usize| {
        let first = columns.count;
        columns.count += count;
        (first..first + count).collect::<Vec<_>>()
    };
    let mut lanes = BTreeMap::new();
    for bank in [
        Bank::Single,
        Bank::Pair,
        Bank::Product,
        Bank::Operand,
        Bank::Border,
        Bank::Committed,
    ] {
        lanes.insert(bank, take(lane_count(b, bank)));
    }
    let multiplicities = take(sets);
    let first_late = multiplicities
        .iter()
        .chain(lanes.values().flatten())
        .map(|c| c + 1)
        .max()
        .unwrap_or(0);
    let accumulators = take(b.accumulators.columns.len());
    let dot = (!b.dots.is_empty()).then(|| take(3)).map(|c| [c[0], c[1], c[2]]);
    let mut helpers = BTreeMap::new();
    for (bank, lookups) in [
        (Bank::Single, lanes[&Bank::Single].len()),
        (Bank::Pair, lanes[&Bank::Pair].len() / 2),
    ] {
        helpers.insert(bank, take(lookups.div_ceil(LOOKUPS_PER_HELPER)));
    }
    let table_helpers = take(sets.div_ceil(LOOKUPS_PER_HELPER));
    let sum = (sets > 0).then(|| take(1)[0]);
    let sponge = take(poseidon::CELLS * b.sponge.as_ref().map_or(0, |s| s.tracks));
    AdviceColumns {
        lanes,
        multiplicities,
        accumulators,
        dot,
        helpers,
        table_helpers,
        sum,
        sponge,
        first_late,
        count: columns.count,
    }
}

/// Fixed columns under construction.
struct Fixed {
    usable: usize,
    all: Vec<FixedColumn>,
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

fn fixed_columns(b: &Builder<'_>, fixed: &mut Fixed, sets: usize, weight_offset: i64) -> FixedColumns {
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
    for (index, rows) in b.accumulators.columns.iter().enumerate() {
        let (patterns, steps) = b.accumulators.selected(index);
        let on = |f: &dyn Fn(&crate::accumulator::RowUse) -> bool| {
            rows.iter()
                .enumerate()
                .filter(|(_, r)| f(r))
                .map(|(row, _)| row)
                .collect::<Vec<_>>()
        };
        let select = |p: u32, fixed: &mut Fixed| {
            (
                p,
                fixed.selector(
                    format!("accumulator {index} pattern {p}"),
                    on(&|r| r.pattern == Some(p)),
                ),
            )
        };
        columns
            .patterns
            .push(patterns.into_iter().map(|p| select(p, fixed)).collect());
        let step = |s: u32, fixed: &mut Fixed| {
            (
                s,
                fixed.selector(
                    format!("accumulator {index} step {s}"),
                    on(&|r| r.step == Some(s)),
                ),
            )
        };
        columns
            .steps
            .push(steps.into_iter().map(|s| step(s, fixed)).collect());
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

fn sponge_columns(sponge: &Sponge, not_first: &mut Option<usize>, fixed: &mut Fixed) -> SpongeColumns {
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
    let column = |f: &dyn Fn(&crate::dot::DotRow) -> i64| rows.iter().map(f).collect::<Vec<i64>>();
    let mut columns = DotColumns {
        weighted: fixed.push_if_used("weighted", column(&|r| flag(r.weights.is_some()))),
        keep: fixed.push_if_used("total continues", column(&|r| flag(r.keep))),
        horner: fixed.push_if_used("total times ρ", column(&|r| flag(r.horner))),
        by_operand: fixed.push_if_used(
            "times operand",
            column(&|r| flag(r.images == 1 && r.product == Product::Operand)),
        ),
        by_factor: fixed.push_if_used("times factor", column(&|r| flag(r.product == Product::Factor))),
        v: fixed.push_if_used("coefficient of V", column(&|r| flag(r.images == 1) * r.v)),
        f: fixed.push_if_used("coefficient of F", column(&|r| r.f)),
        ..DotColumns::default()
    };
    for images in b.dots.several() {
        let on = |r: &crate::dot::DotRow| flag(r.images == images);
        let times = column(&|r| on(r) * flag(r.product == Product::Operand));
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
            let value = weight(
                b.graph,
                weights.node,
                weights.source,
                weights.first + i * weights.stride,
            );
            fixed.all[first + weights.lane + i].values[row] = value + weight_offset;
        }
    }
    columns
}

/// A weight or bias by flat index.
pub(crate) fn weight(graph: &QuantizedGraph, node: usize, source: WeightSource, index: usize) -> i64 {
    match (&graph.nodes[node].op, source) {
        (QOp::Conv(IntConv { weight, .. }) | QOp::Linear(Linear { weight, .. }), WeightSource::Weight) => {
            weight
                .as_slice()
                .map_or_else(|| weight.iter().nth(index).copied(), |w| w.get(index).copied())
                .unwrap_or(0)
        }
        (QOp::Conv(IntConv { bias, .. }) | QOp::Linear(Linear { bias, .. }), WeightSource::Bias) => {
            bias.get(index).copied().unwrap_or(0)
        }
        _ => 0,
    }
}

fn table_columns(b: &Builder<'_>, fixed: &mut Fixed, set: usize) -> (usize, usize, Option<usize>) {
    let usable = fixed.usable;
    let rows: Vec<_> = b.tables.entries().skip(set * usable).take(usable).collect();
    let x = fixed.push(format!("table {set} x"), rows.iter().map(|r| r.0).collect());
    let tag = fixed.push(format!("table {set} tag"), rows.iter().map(|r| r.1).collect());
    let y = fixed.push_if_used(format!("table {set} y"), rows.iter().map(|r| r.2).collect());
    (x, tag, y)
}

/// All copy constraints: sources of `V` and `F`, equalities, and the zeros that end equations.
fn copies(b: &Builder<'_>, advice: &AdviceColumns) -> Vec<(CellAt, CellAt)> {
    let Some([v, f, total]) = advice.dot else {
        return simple_copies(b, advice, None);
    };
    let mut copies = simple_copies(b, advice, Some(total));
    for (row, dot) in b.dots.rows.iter().enumerate() {
        if let Some(from) = dot.v_from {
            copies.push((cell(advice, Some(total), from), (v, row)));
        }
        if let Some(from) = dot.f_from {
            copies.push((cell(advice, Some(total), from), (f, row)));
        }
        if dot.zero {
            copies.push(((total, 0), (total, row)));
        }
    }
    copies
}

fn simple_copies(b: &Builder<'_>, advice: &AdviceColumns, total: Option<usize>) -> Vec<(CellAt, CellAt)> {
    b.equalities
        .iter()
        .map(|(a, c)| (cell(advice, total, *a), cell(advice, total, *c)))
        .filter(|(a, c)| a != c)
        .collect()
}

fn cell(advice: &AdviceColumns, total: Option<usize>, atom: Atom) -> CellAt {
    match atom {
        Atom::Accumulator { index, row } => (advice.accumulators[index], row),
        Atom::Total { row } => (total.unwrap_or(0), row),
    }
}
