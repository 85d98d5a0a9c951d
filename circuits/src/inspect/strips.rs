//! What owns which part of a layout in strips.

use super::{
    ledger::{Ledger, cells, lookups},
    owner::{Owner, Owners},
};
use crate::{block::Bank, evaluations::rates, strips::Strips};
use std::collections::BTreeMap;

/// Enters everything.
pub(super) fn enter(layout: &Strips, owners: &Owners<'_>, ledger: &mut Ledger) {
    let single = banks(layout, owners, ledger);
    accumulators(layout, owners, ledger);
    dots(layout, owners, ledger);
    shared(layout, &single, ledger);
}

/// Stored cells with their helpers, tags and offsets; returns who uses [`Bank::Single`].
fn banks(layout: &Strips, owners: &Owners<'_>, ledger: &mut Ledger) -> BTreeMap<Owner, usize> {
    let mut single = BTreeMap::new();
    for (bank, lanes) in &layout.advice.lanes {
        let mut uses: BTreeMap<Owner, usize> = BTreeMap::new();
        for block in layout.frame.blocks.iter().filter(|block| block.bank == *bank) {
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
            rates::SMALL * lanes.len() as f64 + rates::FULL * helpers as f64 + rates::FIXED * fixed as f64;
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
fn accumulators(layout: &Strips, owners: &Owners<'_>, ledger: &mut Ledger) {
    for index in 0..layout.accumulators.columns.len() {
        let mut uses: BTreeMap<Owner, usize> = BTreeMap::new();
        for owner in owners
            .of_accumulator(&layout.accumulators, index)
            .into_iter()
            .flatten()
        {
            *uses.entry(owner).or_default() += 1;
            ledger.layer(owner).accumulator_rows += 1;
        }
        let selectors = layout.fixed.patterns[index].len() + layout.fixed.steps[index].len();
        ledger.spread(
            rates::FULL + rates::COPIED + rates::FIXED * selectors as f64,
            &uses,
        );
    }
}

/// Products with weights and equations, by rows.
fn dots(layout: &Strips, owners: &Owners<'_>, ledger: &mut Ledger) {
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
        (rates::FULL + rates::COPIED) * columns.len() as f64
            + rates::FIXED * selectors as f64
            + rates::WEIGHTS * fixed.lanes.len() as f64,
        &uses,
    );
}

/// Tables, gates over lanes, the commitment, and what every proof has.
fn shared(layout: &Strips, single: &BTreeMap<Owner, usize>, ledger: &mut Ledger) {
    let advice = &layout.advice;
    let late = advice.table_helpers.len() + usize::from(advice.sum.is_some());
    let fixed: usize = layout
        .fixed
        .tables
        .iter()
        .map(|(.., y)| 2 + usize::from(y.is_some()))
        .sum();
    let tables = rates::SMALL * advice.multiplicities.len() as f64
        + rates::FULL * late as f64
        + rates::FIXED * fixed as f64;
    ledger.charge(tables, Owner::Tables);
    if !layout.fixed.gates.is_empty() {
        ledger.spread(rates::FIXED * layout.fixed.gates.len() as f64, single);
    }
    if !advice.sponge.is_empty() {
        let fixed = 5.0;
        ledger.charge(
            rates::FULL * advice.sponge.len() as f64 + rates::FIXED * fixed,
            Owner::Commitment,
        );
    }
    let usable = 1 + usize::from(layout.fixed.not_first.is_some());
    ledger.charge(rates::BASE + rates::FIXED * usable as f64, Owner::Proof);
}
