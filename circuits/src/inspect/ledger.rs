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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Offsets, Rows};
    use crate::table::TableId;
    use std::sync::Arc;

    /// Costs are divided by use and none is lost; what nobody uses is every proof's.
    #[test]
    fn costs_add_up() {
        let (a, b) = (Owner::Layer(0), Owner::Layer(3));
        let mut ledger = Ledger::default();
        ledger.spread(8.0, &BTreeMap::from([(a, 1), (b, 3)]));
        ledger.spread(5.0, &BTreeMap::from([(b, 1)]));
        ledger.charge(0.5, a);
        assert_eq!(ledger.cost, BTreeMap::from([(a, 2.5), (b, 11.0)]));
        ledger.spread(3.0, &BTreeMap::new());
        ledger.spread(4.0, &BTreeMap::from([(Owner::Inputs, 0)]));
        assert_eq!(ledger.cost[&Owner::Proof], 7.0);
        assert_eq!(ledger.cost.values().sum::<f64>(), 20.5);
        ledger.layer(a).cells += 3;
        ledger.layer(a).cells += 4;
        assert_eq!(ledger.layers[&a].cells, 7);
    }

    /// Cells are looked up one by one, in the bank of pairs two together, and not without a table.
    #[test]
    fn lookups_are_of_cells_or_pairs() {
        let block = |bank, table: Option<usize>, fields: usize| Block {
            name: String::new(),
            node: None,
            bank,
            rows: Rows::From(0),
            slots_per_row: 4,
            stride: fields,
            slot_of: (0..6).collect(),
            height: 2,
            table: table.map(TableId),
            offsets: Offsets::Uniform(Vec::new()),
            fills: (0..fields)
                .map(|_| Arc::new(|_: &hallmark_model::Trace| Vec::new()) as crate::block::Fill)
                .collect(),
        };
        for (block, right) in [
            (block(Bank::Single, Some(0), 1), (6, 6)),
            (block(Bank::Single, None, 1), (6, 0)),
            (block(Bank::Pair, Some(1), 2), (12, 6)),
            (block(Bank::Pair, None, 2), (12, 0)),
            (block(Bank::Product, None, 2), (12, 0)),
        ] {
            assert_eq!((cells(&block), lookups(&block)), right, "{:?}", block.bank);
        }
        let banks = [
            Bank::Single,
            Bank::Pair,
            Bank::Product,
            Bank::Operand,
            Bank::Border,
            Bank::Committed,
            Bank::Instance,
        ];
        let names: std::collections::BTreeSet<&str> = banks.into_iter().map(bank_name).collect();
        assert_eq!(names.len(), banks.len(), "banks have names of their own");
    }
}
