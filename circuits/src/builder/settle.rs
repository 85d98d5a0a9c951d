//! Where blocks lie and which accumulators evaluations get, once all are known.
//!
//! As many accumulators are needed as evaluations own one row. Blocks of a bank may lie in any order: where many evaluations read the
//! rows of one bank's block, those of the other banks' blocks in the same rows should be few.

use super::Builder;
use crate::{
    block::{Bank, BlockId, Rows},
    dot::DotRow,
    evaluations::{Evaluations, runs::Run},
    expression::Atom,
    poseidon::Element,
};
use std::collections::BTreeMap;

/// Banks whose blocks may lie in any order; the others' rows mean something.
const MOVABLE: [Bank; 4] = [Bank::Single, Bank::Pair, Bank::Product, Bank::Border];

/// Most numbers of accumulators that are tried.
const MOST_TRIED: usize = 8;

/// Times that each bank is put in order, all others being where they are.
const ROUNDS: usize = 2;

/// Times that an order looks at as many rows as the bank has. The blocks that are left then stay in the order in which they were
/// stored.
const MOST_LOOKS: usize = 64;

impl Builder<'_> {
    /// Gives blocks their final rows, and runs of evaluations their accumulators.
    pub(crate) fn settle(&mut self) {
        let Evaluations::Placed(all) = &self.evaluations else {
            return;
        };
        let moves = Stacks::new(self, all.runs()).moves(self.blocks.len());
        let moved = |run: &Run| match run.block.and_then(|block| moves[block.0]) {
            Some(Move { from, to }) => run.first - from + to,
            None => run.first,
        };
        let places: Vec<usize> = all.runs().iter().map(moved).collect();
        self.move_gates(&moves);
        for (block, own) in self.blocks.iter_mut().zip(&moves) {
            if let Some(Move { to, .. }) = own {
                block.rows = Rows::From(*to);
            }
        }
        if let Evaluations::Placed(all) = &mut self.evaluations {
            let cells = all.place(&places);
            self.rename(&cells);
        }
    }

    /// Gates hold on rows of [`Bank::Single`].
    fn move_gates(&mut self, moves: &[Option<Move>]) {
        let height = self.heights.get(&Bank::Single).copied().unwrap_or(0);
        let mut to: Vec<u32> = (0..height as u32).collect();
        let of_gates = self.blocks.iter().zip(moves);
        for (block, own) in of_gates.filter(|(block, _)| block.bank == Bank::Single) {
            let Some(own) = own else { continue };
            for row in 0..block.height {
                to[own.from + row] = (own.to + row) as u32;
            }
        }
        self.gates.move_rows(|row| to[row as usize]);
    }

    /// Puts cells in the place of runs.
    fn rename(&mut self, cells: &[Atom]) {
        let rename = |atom: &mut Atom| {
            if let Atom::Evaluation { index, .. } = atom {
                *atom = cells[*index];
            }
        };
        for DotRow { v_from, f_from, .. } in &mut self.dots.rows {
            v_from.iter_mut().chain(f_from).for_each(rename);
        }
        for (a, b) in &mut self.equalities {
            rename(a);
            rename(b);
        }
        if let Some(sponge) = &mut self.sponge {
            rename(&mut sponge.digest);
            for element in &mut sponge.elements {
                if let Element::Atom(atom) = element {
                    rename(atom);
                }
            }
        }
    }
}

/// First rows of a block: where it was stored, and where it lies.
#[derive(Clone, Copy)]
struct Move {
    from: usize,
    to: usize,
}

/// A block with the number of evaluations that own each of its rows, and the one below.
struct Load {
    block: BlockId,
    first: usize,
    height: usize,
    rows: Vec<u32>,
}

impl Load {
    /// Blocks of similar loads are in one class.
    fn class(&self) -> usize {
        let total: usize = self.rows.iter().map(|own| *own as usize).sum();
        2 * total / self.height.max(1)
    }
}

/// The blocks of each bank, from the top.
struct Stacks {
    banks: Vec<Vec<Load>>,
    /// Evaluations that own each row, of blocks that stay where they are.
    fixed: Vec<u32>,
}

impl Stacks {
    fn new(b: &Builder<'_>, runs: &[Run]) -> Self {
        // Where the load of a block is: bank and place.
        let mut places = vec![None; b.blocks.len()];
        let mut banks: Vec<Vec<Load>> = MOVABLE.iter().map(|_| Vec::new()).collect();
        for (index, block) in b.blocks.iter().enumerate() {
            let bank = MOVABLE.iter().position(|bank| *bank == block.bank);
            if let (Some(bank), Rows::From(first)) = (bank, &block.rows) {
                places[index] = Some((bank, banks[bank].len()));
                banks[bank].push(Load {
                    block: BlockId(index),
                    first: *first,
                    height: block.height,
                    rows: vec![0; block.height + 1],
                });
            }
        }
        let ends = runs.iter().map(|run| run.first + run.rows.len());
        let heights = b.heights.values().copied();
        let height = ends.chain(heights).max().unwrap_or(0) + 1;
        let mut fixed = vec![0; height];
        for run in runs.iter().filter(|run| run.block.is_some()) {
            let (rows, first) = match run.block.and_then(|block| places[block.0]) {
                Some((bank, place)) => {
                    let load: &mut Load = &mut banks[bank][place];
                    (&mut load.rows, run.first - load.first)
                }
                None => (&mut fixed, run.first),
            };
            let own = rows.iter_mut().skip(first).take(run.rows.len());
            own.for_each(|row| *row += 1);
        }
        Self { banks, fixed }
    }

    /// Rows for each of `blocks` blocks that may move, such that few evaluations own the same row.
    fn moves(&self, blocks: usize) -> Vec<Option<Move>> {
        let stored: Vec<Vec<usize>> = self.banks.iter().map(|bank| (0..bank.len()).collect()).collect();
        let total: usize = self.total(&stored).iter().map(|own| *own as usize).sum();
        let height = self
            .banks
            .iter()
            .map(|bank| bank.iter().map(|load| load.height).sum::<usize>());
        let least = total.div_ceil(height.max().unwrap_or(0).max(1));
        let mut best = (self.peak(&stored), stored);
        for most in least..least + MOST_TRIED {
            if best.0 <= most {
                break;
            }
            let orders = self.ordered(most as u32);
            let peak = self.peak(&orders);
            if peak < best.0 {
                best = (peak, orders);
            }
        }
        let mut moves = vec![None; blocks];
        for (bank, order) in self.banks.iter().zip(best.1) {
            let mut to = 0;
            for place in order {
                let load = &bank[place];
                moves[load.block.0] = Some(Move { from: load.first, to });
                to += load.height;
            }
        }
        moves
    }

    /// Puts one bank after the other in order, so that no row is owned by more than `most` evaluations where that can be had.
    fn ordered(&self, most: u32) -> Vec<Vec<usize>> {
        let mut orders: Vec<Vec<usize>> = self.banks.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for bank in 0..self.banks.len() {
                orders[bank].clear();
                let others = self.total(&orders);
                orders[bank] = order(&self.banks[bank], &others, most);
            }
        }
        orders
    }

    /// Evaluations that own each row.
    fn total(&self, orders: &[Vec<usize>]) -> Vec<u32> {
        let mut total = self.fixed.clone();
        for (bank, order) in self.banks.iter().zip(orders) {
            let mut next = 0;
            for place in order {
                let load = &bank[*place];
                let rows = total.iter_mut().skip(next).zip(&load.rows);
                rows.for_each(|(sum, own)| *sum += own);
                next += load.height;
            }
        }
        total
    }

    fn peak(&self, orders: &[Vec<usize>]) -> usize {
        self.total(orders).into_iter().max().unwrap_or(0) as usize
    }
}

/// An order of the blocks of a bank, beside what others own: from the top, the block with the most evaluations with which no row has
/// more than `most`, or else the one with which the fullest row has the fewest.
fn order(bank: &[Load], others: &[u32], most: u32) -> Vec<usize> {
    let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, load) in bank.iter().enumerate().rev() {
        classes.entry(load.class()).or_default().push(place);
    }
    let mut order = Vec::with_capacity(bank.len());
    let (mut next, mut spill) = (0, 0);
    let rows: usize = bank.iter().map(|load| load.rows.len()).sum();
    let mut left = MOST_LOOKS.saturating_mul(rows);
    while order.len() < bank.len() && left > 0 {
        let mut peak = |place: usize| {
            left = left.saturating_sub(bank[place].rows.len());
            let rows = bank[place].rows.iter().zip(others.iter().skip(next)).enumerate();
            // What the block above owns of its first row comes on top.
            let own = rows.map(|(row, (own, others))| own + others + if row == 0 { spill } else { 0 });
            own.max().unwrap_or(0)
        };
        let candidates = classes.iter().rev();
        let candidates = candidates.filter_map(|(class, places)| Some((*class, *places.last()?)));
        let mut best: Option<(u32, usize, usize)> = None;
        for (class, place) in candidates {
            let peak = peak(place);
            if best.is_none_or(|(lowest, ..)| peak < lowest) {
                best = Some((peak, class, place));
            }
            if peak <= most {
                break;
            }
        }
        let Some((_, class, place)) = best else { break };
        if let Some(places) = classes.get_mut(&class) {
            places.pop();
        }
        order.push(place);
        next += bank[place].height;
        spill = bank[place].rows.last().copied().unwrap_or(0);
    }
    let mut rest: Vec<usize> = classes.into_values().flatten().collect();
    rest.sort_unstable();
    order.extend(rest);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(block: usize, rows: Vec<u32>) -> Load {
        Load {
            block: BlockId(block),
            first: 0,
            height: rows.len() - 1,
            rows,
        }
    }

    #[test]
    fn what_many_evaluations_read_lies_beside_what_few_do() {
        let bank = [load(0, vec![3, 3, 0]), load(1, vec![1, 1, 0])];
        assert_eq!(order(&bank, &[0, 0, 2, 2, 0], 3), [0, 1]);
        assert_eq!(order(&bank, &[2, 2, 0, 0, 0], 3), [1, 0]);
    }

    /// Of many different loads none of which fits, all have a place, however few of them are looked at.
    #[test]
    fn no_block_is_lost_where_looking_ends() {
        let bank: Vec<Load> = (0..300).map(|own| load(own, vec![300 - own as u32, 0])).collect();
        let mut found = order(&bank, &[1000; 301], 3);
        assert_eq!(found[..2], [299, 298], "those with the fewest first");
        assert!(found[200] < found[201], "the rest as it was stored");
        found.sort_unstable();
        assert_eq!(found, (0..300).collect::<Vec<_>>());
    }
}
