//! Blocks: rectangles of advice cells that hold the elements of a tensor, in banks of parallel columns.

use crate::table::TableId;
use hallmark_model::Trace;
use std::sync::Arc;

/// Marks a slot or a gathered position that holds no element.
pub const NONE: u32 = u32::MAX;

/// A group of parallel columns with a purpose. Lanes are the bank's columns, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bank {
    /// Cells that are looked up one by one in a range table (phase 0).
    Single,
    /// Pairs of cells (even lane x, odd lane y) that are looked up together in a function table (phase 0).
    Pair,
    /// Pairs of cells (even lane, odd lane) that are multiplied with each other; no lookups (phase 0).
    Product,
    /// The one column of multiplicands beside the weights (phase 0).
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
    /// The same for all rows, one per field.
    Uniform(Vec<i64>),
    /// For blocks of one field: one per row.
    PerRow(Vec<i64>),
}

impl Offsets {
    /// The offset of a field in a row.
    pub fn get(&self, row: usize, field: usize) -> i64 {
        match self {
            Offsets::Uniform(values) => values.get(field).copied().unwrap_or(0),
            Offsets::PerRow(values) => values.get(row).copied().unwrap_or(0),
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

/// The order in which elements fill the slots of a block.
///
/// Horner evaluation climbs from the highest power to the lowest, so elements come in *descending* order; within a
/// row the lanes ascend.
#[derive(Clone, Debug)]
pub struct Arrangement {
    /// Groups of elements; every group starts on a new row. Within a group, elements ascend and the group's last row
    /// comes first.
    groups: Vec<Vec<u32>>,
}

impl Arrangement {
    /// All elements of a tensor of `length` in one group.
    pub fn flat(length: usize) -> Self {
        Self {
            groups: vec![(0..length as u32).collect()],
        }
    }

    /// One group per line of `line` consecutive elements; lines in descending order.
    pub fn lines(length: usize, line: usize) -> Self {
        let line = line.max(1) as u32;
        let starts = (0..length as u32).step_by(line as usize);
        let mut groups: Vec<Vec<u32>> = starts
            .map(|s| (s..(s + line).min(length as u32)).collect())
            .collect();
        groups.reverse();
        Self { groups }
    }

    /// The given groups, in the given order.
    pub fn groups(groups: Vec<Vec<u32>>) -> Self {
        Self { groups }
    }

    /// Number of rows with `slots` slots each.
    pub fn height(&self, slots: usize) -> usize {
        self.groups.iter().map(|g| g.len().div_ceil(slots)).sum()
    }

    /// `slot_of` for a tensor of `length` elements, and the height. `unit` consecutive elements of a group (the
    /// elements of a window) are kept in one row.
    pub fn slots(&self, length: usize, slots_per_row: usize, unit: usize) -> (Vec<u32>, usize) {
        let per_row = (slots_per_row / unit) * unit;
        let mut slot_of = vec![NONE; length];
        let mut row = 0;
        for group in &self.groups {
            let height = group.len().div_ceil(per_row);
            for (i, element) in group.iter().enumerate() {
                let (r, lane) = (row + height - 1 - i / per_row, i % per_row);
                slot_of[*element as usize] = (r * slots_per_row + lane) as u32;
            }
            row += height;
        }
        (slot_of, row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_descend_by_rows_and_ascend_by_lanes() {
        let (slots, height) = Arrangement::lines(10, 5).slots(10, 4, 1);
        assert_eq!(height, 4);
        // Line 5..10 first: its tail (9) in row 0, its head (5..9) in row 1.
        assert_eq!(slots, vec![12, 13, 14, 15, 8, 4, 5, 6, 7, 0]);
    }

    #[test]
    fn windows_are_not_split() {
        let (slots, height) = Arrangement::flat(6).slots(6, 4, 3);
        assert_eq!((slots, height), (vec![4, 5, 6, 0, 1, 2], 2));
    }
}
