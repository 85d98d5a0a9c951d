//! Counts and costs per owner.

use super::{figures::LayerSummary, owner::Owner};
use crate::block::{Bank, Block};
use std::collections::BTreeMap;

/// Name of a bank's columns.
pub(super) fn bank_name(bank: Bank) -> &'static str {
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
pub(super) fn cells(block: &Block) -> usize {
    block.slot_of.len() * block.fills.len()
}

pub(super) fn lookups(block: &Block) -> usize {
    match (block.table, block.bank) {
        (None, _) => 0,
        (Some(_), Bank::Pair) => cells(block) / 2,
        (Some(_), _) => cells(block),
    }
}

/// Counts and costs per owner.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) layers: BTreeMap<Owner, LayerSummary>,
    pub(super) cost: BTreeMap<Owner, f64>,
}

impl Ledger {
    pub(super) fn layer(&mut self, owner: Owner) -> &mut LayerSummary {
        self.layers.entry(owner).or_default()
    }

    /// Divides a cost in proportion to the use of the columns that cause it.
    pub(super) fn spread(&mut self, cost: f64, uses: &BTreeMap<Owner, usize>) {
        let total: usize = uses.values().sum();
        if total == 0 {
            *self.cost.entry(Owner::Proof).or_default() += cost;
        }
        for (owner, used) in uses {
            *self.cost.entry(*owner).or_default() += cost * *used as f64 / total.max(1) as f64;
        }
    }

    pub(super) fn charge(&mut self, cost: f64, owner: Owner) {
        *self.cost.entry(owner).or_default() += cost;
    }
}
