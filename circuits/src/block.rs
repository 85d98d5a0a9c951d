//! Blocks: rectangles of advice cells that hold the elements of a tensor, in banks of parallel columns.

use crate::{parameter::Entry, table::TableId};
use hallmark_model::Trace;
use std::sync::Arc;

/// A group of parallel columns with a purpose. Lanes are the bank's columns, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bank {
    /// Cells that are looked up one by one in a range table (phase 0).
    Single,
    /// Pairs of cells (even lane x, odd lane y) that are looked up together in a function table (phase 0).
    Pair,
    /// Pairs of cells (even lane, odd lane) that are multiplied with each other; no lookups (phase 0).
    Product,
    /// Multiplicands beside the weights, a column for each row of the matrix (phase 0).
    Operand,
    /// Border coefficients of convolutions; no lookups (phase 0).
    Border,
    /// Copies of private inputs, for their commitment; no lookups (phase 0).
    Committed,
    /// Instance columns.
    Instance,
}

/// Index of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub usize);

/// One of the interleaved sequences of a block: field `index` of slot `s` is in lane `s·stride + index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    /// The block.
    pub block: BlockId,
    /// Position within a slot.
    pub index: u32,
}

/// Circuit rows of a block.
#[derive(Clone, Debug)]
pub enum Rows {
    /// `first, first + 1, …`.
    From(usize),
    /// One circuit row per block row, ascending.
    At(Vec<u32>),
}

/// Computes the cells of one field: one non-negative integer per element, from the execution trace.
pub type Fill = Arc<dyn Fn(&Trace) -> Vec<i64> + Send + Sync>;

/// A rectangle of cells.
#[derive(Clone)]
pub struct Block {
    /// What it holds, for reports and errors.
    pub name: String,
    /// Index of the graph node that it belongs to, for reports.
    pub node: Option<usize>,
    /// The bank.
    pub bank: Bank,
    /// Circuit rows.
    pub rows: Rows,
    /// Slots in one row.
    pub slots_per_row: usize,
    /// Lanes per slot.
    pub stride: usize,
    /// `slot_of[e]` is the slot of element `e`: row `slot / slots_per_row` of the block.
    pub slot_of: Vec<u32>,
    /// Number of rows.
    pub height: usize,
    /// The table in which the cells are looked up ([`Bank::Single`] and [`Bank::Pair`]).
    pub table: Option<TableId>,
    /// Per block row and field: what is added to a cell to get the signed value that evaluations see.
    pub offsets: Offsets,
    /// One filler per field. Slots without an element are zero (or the table's first entry).
    pub fills: Vec<Fill>,
}

/// Offsets of the cells of a block.
#[derive(Clone, Debug)]
pub enum Offsets {
    /// The same for all rows, one per field: structure.
    Uniform(Vec<i64>),
    /// For blocks of one field: the same for all rows.
    Same(Entry),
    /// For blocks of one field: one per row.
    PerRow(Vec<Entry>),
}

impl Offsets {
    /// The offset of a field in a row.
    pub fn get(&self, row: usize, field: usize) -> Entry {
        match self {
            Offsets::Uniform(values) => values.get(field).copied().unwrap_or(0).into(),
            Offsets::Same(entry) => entry.clone(),
            Offsets::PerRow(entries) => entries.get(row).cloned().unwrap_or_default(),
        }
    }
}

impl Block {
    /// Circuit row of a block row.
    pub fn circuit_row(&self, row: usize) -> usize {
        match &self.rows {
            Rows::From(first) => first + row,
            Rows::At(rows) => rows[row] as usize,
        }
    }

    /// Block row and lane of a field of an element.
    pub fn place(&self, element: u32, field: u32) -> (usize, usize) {
        let slot = self.slot_of[element as usize] as usize;
        (
            slot / self.slots_per_row,
            (slot % self.slots_per_row) * self.stride + field as usize,
        )
    }
}
