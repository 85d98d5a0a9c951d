//! The columns by purpose.

use crate::{block::Bank, builder::Builder, functional::Step, gate::Gate, poseidon};
use std::collections::BTreeMap;

/// Lookups that share one helper cell: `helper · Π(β − f_i)` has degree five with the selector.
pub const LOOKUPS_PER_HELPER: usize = 3;

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
    /// The commitment's sponge: [`crate::poseidon::CELLS`] per track.
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
    /// Round constants: field elements, which [`crate::frame::FixedColumn`] cannot hold; see [`super::sponge::Sponge::constants`].
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
    pub steps: Vec<(Step, usize)>,
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
    /// Weight lanes, stored plus [`super::Strips::weight_offset`].
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

/// Lanes of a bank.
pub(super) fn lane_count(b: &Builder<'_>, bank: Bank) -> usize {
    let used = b.blocks.iter().any(|block| block.bank == bank);
    match bank {
        _ if !used => 0,
        Bank::Single => b.widths.single,
        Bank::Pair => 2 * b.widths.pair,
        Bank::Product => 2 * b.widths.product,
        Bank::Operand => b.operand_lanes(),
        Bank::Border => b.widths.border,
        Bank::Committed => b.committed_lanes,
        Bank::Instance => b.widths.instance,
    }
}

pub(super) fn advice_columns(b: &Builder<'_>, sets: usize) -> AdviceColumns {
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
    let accumulators = take(b.evaluations.accumulators().map_or(0, |all| all.columns.len()));
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
