//! What a lowering takes at any widths, from one that only counts.

use crate::{
    block::Bank,
    builder::{Builder, Shapes, Widths},
    dot::Multiplier,
    error::CircuitError,
    limbs::Splits,
    lowering::{self, counted},
    ops::input,
    options::PlanOptions,
    poseidon::{Packing, Section},
    table::TableSpec,
};
use hallmark_model::QuantizedGraph;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Most lanes of any bank.
pub(crate) const MAX_LANES: usize = 2048;

/// Most times that widths are widened.
const ROUNDS: usize = 16;

/// More weights than a row ever has: each row of them then says how many there are.
const ENDLESS: usize = 1 << 32;

/// Rows that a circuit has while it is counted: as many as may be, so that private inputs are copied in as few lanes as possible.
const ROWS: usize = 1 << 24;

/// Rows that are needed with certain widths, where more width means fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Rows of [`Bank::Single`].
    pub single: usize,
    /// Rows of [`Bank::Pair`].
    pub pair: usize,
    /// Rows of [`Bank::Product`].
    pub product: usize,
    /// Rows of [`Bank::Border`].
    pub border: usize,
    /// Rows of the dot section; counted as if every evaluation were one atom.
    pub dots: usize,
    /// Rows of public values.
    pub instance: usize,
}

impl Needs {
    /// Those of a lowering.
    pub fn of(b: &Builder<'_>) -> Self {
        let height = |bank| b.heights.get(&bank).copied().unwrap_or(0);
        Self {
            single: height(Bank::Single),
            pair: height(Bank::Pair),
            product: height(Bank::Product),
            border: height(Bank::Border),
            dots: b.dots.len(),
            instance: b.statement.rows(),
        }
    }

    /// The most of them.
    pub fn most(&self) -> usize {
        let banks = self.single.max(self.pair).max(self.product).max(self.border);
        banks.max(self.dots).max(self.instance)
    }

    /// Wider widths where these need more than `usable` rows, in proportion; none if nothing is to be widened, or could be.
    pub fn grown(&self, widths: Widths, usable: usize) -> Option<Widths> {
        let grow = |width: usize, rows: usize, unit: usize| {
            let ratio = rows as f64 / usable as f64;
            match ratio > 1.0 {
                true => ((width as f64 * ratio / unit as f64).ceil() as usize * unit).max(width + unit),
                false => width,
            }
        };
        let next = Widths {
            single: grow(widths.single, self.single, 4),
            pair: grow(widths.pair, self.pair, 1),
            product: grow(widths.product, self.product, 1),
            border: grow(widths.border, self.border, 2),
            weights: grow(widths.weights, self.dots, 4),
            instance: grow(widths.instance, self.instance, 1),
            ..widths
        };
        let banks = next.single.max(next.pair).max(next.product).max(next.border);
        let largest = banks.max(next.weights).max(next.instance);
        (next != widths && largest <= MAX_LANES).then_some(next)
    }
}

/// What is stored and evaluated with limbs of one width and operands of one form, whatever the other widths.
#[derive(Clone, PartialEq, Eq)]
pub struct Census {
    /// The narrowest widths.
    least: Widths,
    shapes: Shapes,
    /// Rows of weights if no row of them ended.
    spans: Spans,
    /// Those of them that are multiplied with a factor.
    multiplied: Spans,
    /// Other rows of the dot section.
    other_rows: usize,
    /// Numbers of public values.
    public: Vec<usize>,
    /// Sizes of the lookup tables.
    tables: Vec<usize>,
    /// Rows of the lookup tables together.
    pub table_rows: usize,
    /// Columns of operands.
    pub operand_lanes: usize,
    /// Fixed columns of gates and of the dot section, but for weights.
    pub fixed: usize,
    /// How private inputs are packed, and how many elements the sponge absorbs.
    packings: Vec<Packing>,
    absorbed: usize,
    /// What was split into limbs.
    splits: Splits,
}

/// The narrowest widths of strips.
pub(crate) fn least(graph: &QuantizedGraph, limb_bits: u32, operands: bool) -> Widths {
    // An arg-max takes a whole row per element.
    let compared = lowering::lanes(graph, limb_bits);
    Widths {
        single: compared.next_multiple_of(4).max(if compared > 0 { 8 } else { 4 }),
        pair: 1,
        product: 1,
        border: 2,
        weights: 8,
        instance: 1,
        limb_bits,
        operands,
    }
}

/// Counts what a graph takes with limbs of each width, the narrowest first, and operands of each form. Of those that make the same
/// limbs, the first is kept.
pub(crate) fn different(
    graph: &QuantizedGraph,
    options: &PlanOptions,
    widths: &[u32],
    forms: &[bool],
    failed: &mut Vec<CircuitError>,
) -> Vec<Census> {
    let count = |way: &(u32, bool)| Census::new(graph, options, *way);
    let ways = |widths: &[u32]| -> Vec<(u32, bool)> {
        let ways = widths
            .iter()
            .flat_map(|bits| forms.iter().map(|form| (*bits, *form)));
        ways.collect()
    };
    let (first, others) = widths.split_at(1.min(widths.len()));
    let mut counted: Vec<_> = ways(first).par_iter().map(count).collect();
    // The first width says what is split into limbs, and so for which others nothing would change.
    let mut others = ways(others);
    others.retain(|(bits, form)| {
        let mut known = counted.iter().flatten();
        !known.any(|census| census.operands() == *form && census.splits.are_same(census.limb_bits(), *bits))
    });
    counted.par_extend(others.par_iter().map(count));
    let mut different: Vec<Census> = Vec::new();
    for census in counted {
        match census {
            Ok(census) if different.iter().any(|other| other.is_same(&census)) => {}
            Ok(census) => different.push(census),
            Err(error) => failed.push(error),
        }
    }
    different
}

impl Census {
    /// Counts what a graph takes with limbs of so many bits.
    ///
    /// # Errors
    /// Those of lowering.
    pub fn new(
        graph: &QuantizedGraph,
        options: &PlanOptions,
        (limb_bits, operands): (u32, bool),
    ) -> Result<Self, CircuitError> {
        let least = least(graph, limb_bits, operands);
        let endless = Widths {
            weights: ENDLESS,
            ..least
        };
        let b = counted(graph, options, endless, ROWS)?;
        let packings = match options.private_input {
            true => input::packings(graph)?,
            false => Vec::new(),
        };
        let (spans, multiplied, other_rows) = spans(&b);
        Ok(Self {
            least,
            spans,
            multiplied,
            other_rows,
            public: b.statement.lengths().collect(),
            tables: b.tables.specs().iter().map(TableSpec::len).collect(),
            table_rows: b.tables.rows(),
            operand_lanes: b.operand_lanes(),
            fixed: b.gate_columns(),
            packings,
            absorbed: b.sponge.as_ref().map_or(0, |sponge| sponge.elements.len()),
            splits: b.splits,
            shapes: b.shapes,
        })
    }

    /// Whether limbs are of the same sizes, whatever they were allowed to be: lowerings are the same then.
    fn is_same(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other.least.limb_bits = self.least.limb_bits;
        other.splits = self.splits.clone();
        *self == other
    }

    /// Rows with so many weights in each: all, and those that are multiplied with a factor.
    pub fn weight_rows(&self, weights: usize) -> (usize, usize) {
        (self.spans.rows(weights), self.multiplied.rows(weights))
    }

    /// Most weights that a row can have.
    pub fn most_weights(&self) -> usize {
        self.spans.counts.keys().map(|(_, end)| *end).max().unwrap_or(0)
    }

    /// Rows that everything takes with certain widths.
    pub fn needs(&self, widths: &Widths) -> Needs {
        let entry = |length: &usize| length.div_ceil(widths.instance);
        Needs {
            single: self.shapes.height(Bank::Single, widths.single),
            pair: self.shapes.height(Bank::Pair, 2 * widths.pair),
            product: self.shapes.height(Bank::Product, 2 * widths.product),
            border: self.shapes.height(Bank::Border, widths.border),
            dots: self.other_rows + self.spans.rows(widths.weights),
            instance: self.public.iter().map(entry).sum(),
        }
    }

    /// The narrowest widths with which everything that is counted fits into so many rows.
    pub fn widths(&self, usable: usize) -> Option<Widths> {
        let copied = self.shapes.height(Bank::Committed, self.committed_lanes(usable));
        if copied > usable || Section::place(self.absorbed, usable).1 > usable {
            return None;
        }
        let narrowest = |bank: Bank, stride: usize, least: usize, unit: usize| {
            // The widest rows are the fewest, but for images that share them, whose numbers are evened out.
            if self.shapes.height(bank, stride * MAX_LANES) > usable {
                return None;
            }
            let cells = self.shapes.cells(bank);
            let first = (cells.div_ceil(usable) / stride)
                .next_multiple_of(unit)
                .max(least);
            let mut widths = (first..=MAX_LANES).step_by(unit);
            widths.find(|width| self.shapes.height(bank, stride * width) <= usable)
        };
        let mut widths = Widths {
            single: narrowest(Bank::Single, 1, self.least.single, 4)?,
            pair: narrowest(Bank::Pair, 2, self.least.pair, 1)?,
            product: narrowest(Bank::Product, 2, self.least.product, 1)?,
            border: narrowest(Bank::Border, 1, self.least.border, 2)?,
            ..self.least
        };
        // Each round widens what is too tall, in proportion.
        for _ in 0..ROUNDS {
            let needs = self.needs(&widths);
            if needs.most() <= usable {
                return Some(widths);
            }
            widths = needs.grown(widths, usable)?;
        }
        None
    }

    /// Lanes of [`Bank::Committed`] in a circuit of so many rows.
    pub fn committed_lanes(&self, usable: usize) -> usize {
        match self.packings.is_empty() {
            true => 0,
            false => input::lanes(&self.packings, usable),
        }
    }

    /// The greatest width of limbs.
    pub(crate) fn limb_bits(&self) -> u32 {
        self.least.limb_bits
    }

    /// The form of operands.
    pub fn operands(&self) -> bool {
        self.least.operands
    }

    /// Tracks of the commitment's sponge in a circuit of so many rows.
    pub fn tracks(&self, usable: usize) -> usize {
        Section::place(self.absorbed, usable).0
    }

    /// Whether anything is stored in a bank.
    pub fn has(&self, bank: Bank) -> bool {
        self.shapes.has(bank)
    }
}

/// Rows of weights by their first lane and the one behind their last, if they had as many lanes as they can use.
#[derive(Clone, Default, PartialEq, Eq)]
struct Spans {
    counts: BTreeMap<(usize, usize), usize>,
}

impl Spans {
    fn add(&mut self, span: (usize, usize)) {
        *self.counts.entry(span).or_default() += 1;
    }

    /// Rows that they are cut into where a row has so many lanes.
    fn rows(&self, lanes: usize) -> usize {
        let rows =
            |((first, end), count): (&(usize, usize), &usize)| (end.div_ceil(lanes) - first / lanes) * count;
        self.counts.iter().map(rows).sum()
    }
}

/// Rows of weights, those of them that are multiplied with a factor, and the number of all other rows of the dot section.
fn spans(b: &Builder<'_>) -> (Spans, Spans, usize) {
    let (mut spans, mut multiplied, mut others) = (Spans::default(), Spans::default(), 0);
    let mut last = (0, 1);
    for row in &b.dots.rows {
        let Some(weights) = row.weights else {
            others += 1;
            continue;
        };
        // A row without weights ends the chain of those before it.
        if weights.count > 0 {
            last = (weights.lane, weights.lane + weights.count);
        }
        spans.add(last);
        if row.product == Multiplier::Factor {
            multiplied.add(last);
        }
    }
    (spans, multiplied, others)
}
