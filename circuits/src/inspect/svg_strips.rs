//! The picture of a layout in strips.

use super::{
    ledger::bank_name,
    owner::Owner,
    svg::{Drawing, Piece, runs},
};
use crate::{
    block::{Bank, Block, Rows},
    strips::Strips,
};
use std::collections::BTreeMap;

impl Drawing<'_> {
    /// The columns of a layout in strips.
    pub(super) fn strips(&mut self, layout: &Strips) {
        for (bank, lanes) in &layout.advice.lanes {
            self.group(bank_name(*bank), lanes.len(), self.bank(*bank));
        }
        let sets = layout.advice.multiplicities.len();
        self.group("multiplicities", sets, self.multiplicities(sets));
        let accumulators = layout.advice.accumulators.len();
        let pieces = (0..accumulators)
            .flat_map(|i| runs(i, 1, self.owners.of_accumulator(&layout.accumulators, i)))
            .collect();
        self.group("evaluations", accumulators, pieces);
        let dot = layout.advice.dot.map_or(0, |dot| dot.len());
        let rows = layout.dots.rows.iter().enumerate();
        let owners = rows
            .map(|(i, row)| (i > 0).then(|| self.owners.of_node(row.node)))
            .collect();
        self.group("weights and sums", dot, runs(0, dot, owners));
        let helpers: usize = layout.advice.helpers.values().map(Vec::len).sum::<usize>()
            + layout.advice.table_helpers.len()
            + usize::from(layout.advice.sum.is_some());
        let all = |lanes: usize, owner: Owner| {
            vec![Piece {
                lane: 0,
                lanes,
                first: 0,
                rows: layout.frame.usable,
                owner: Some(owner),
            }]
        };
        self.group("lookup helpers", helpers, all(helpers, Owner::Tables));
        let sponge = layout.advice.sponge.len();
        self.group("sponge", sponge, all(sponge, Owner::Commitment));
        let lanes = layout.fixed.dot.as_ref().map_or(0, |dot| dot.lanes.len());
        self.group("fixed: weights", lanes, self.weights(layout));
        self.selectors(layout);
    }

    fn bank(&self, bank: Bank) -> Vec<Piece> {
        let blocks = self.plan.frame().blocks.iter().filter(|block| block.bank == bank);
        blocks.flat_map(|block| self.block(block)).collect()
    }

    /// Rows of a block with equally many used lanes are one piece.
    fn block(&self, block: &Block) -> Vec<Piece> {
        let mut lanes = vec![0usize; block.height];
        for slot in block.slot_of.iter().map(|slot| *slot as usize) {
            let used = (slot % block.slots_per_row) * block.stride + block.fills.len();
            let row = &mut lanes[slot / block.slots_per_row];
            *row = used.max(*row);
        }
        let owner = Some(self.owners.of_block(block));
        let mut pieces: Vec<Piece> = Vec::new();
        for (row, lanes) in lanes.into_iter().enumerate() {
            let row = match &block.rows {
                Rows::From(first) => first + row,
                Rows::At(rows) => rows[row] as usize,
            };
            match pieces.last_mut() {
                Some(last) if last.lanes == lanes && last.first + last.rows == row => last.rows += 1,
                _ => pieces.push(Piece {
                    lane: 0,
                    lanes,
                    first: row,
                    rows: 1,
                    owner,
                }),
            }
        }
        pieces
    }

    fn multiplicities(&self, sets: usize) -> Vec<Piece> {
        let frame = self.plan.frame();
        let (rows, usable) = (frame.tables.rows(), frame.usable);
        let piece = |set: usize| Piece {
            lane: set,
            lanes: 1,
            first: 0,
            rows: rows.saturating_sub(set * usable).min(usable),
            owner: Some(Owner::Tables),
        };
        (0..sets).map(piece).collect()
    }

    /// Rows of one layer with the same lanes are one piece.
    fn weights(&self, layout: &Strips) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for (row, weights) in layout.dots.rows.iter().enumerate() {
            let Some(weights) = weights.weights.filter(|w| w.count > 0) else {
                continue;
            };
            let owner = Some(self.owners.of_node(Some(weights.of.node)));
            let (lane, lanes) = (weights.lane, weights.count);
            match pieces.last_mut() {
                Some(last)
                    if (last.lane, last.lanes, last.owner) == (lane, lanes, owner)
                        && last.first + last.rows == row =>
                {
                    last.rows += 1;
                }
                _ => pieces.push(Piece {
                    lane,
                    lanes,
                    first: row,
                    rows: 1,
                    owner,
                }),
            }
        }
        pieces
    }

    /// All other fixed columns: selectors of evaluations in their owners' colours, the rest neutral.
    fn selectors(&mut self, layout: &Strips) {
        let weights = layout.fixed.dot.as_ref().map_or(&[][..], |dot| &dot.lanes);
        let mut owners: BTreeMap<usize, Vec<Option<Owner>>> = BTreeMap::new();
        for (index, columns) in layout.fixed.patterns.iter().zip(&layout.fixed.steps).enumerate() {
            let rows = self.owners.of_accumulator(&layout.accumulators, index);
            for column in columns.0.values().chain(columns.1.values()) {
                owners.insert(*column, rows.clone());
            }
        }
        let of_set = |(x, tag, y): &(usize, usize, Option<usize>)| [Some(*x), Some(*tag), *y];
        let tables: Vec<usize> = layout.fixed.tables.iter().flat_map(of_set).flatten().collect();
        let columns = 0..layout.frame.fixed_values.len();
        let others: Vec<usize> = columns.filter(|c| !weights.contains(c)).collect();
        self.fixed(&others, &|column, row| match owners.get(&column) {
            Some(rows) => rows.get(row).copied().flatten(),
            None if tables.contains(&column) => Some(Owner::Tables),
            None => Some(Owner::Proof),
        });
    }
}
