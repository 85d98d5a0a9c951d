//! Where stored cells lie.

use super::rows::Wire;
use crate::{block::Bank, builder::Builder};

/// Logical columns in a physical one.
pub const SEGMENTS: usize = 4;

/// Rows at the end of a segment that no gate covers: in the last segment halo2 fills them with randomness, as many as the openings of
/// the column that has the most, and a few.
pub const UNUSABLE: usize = 16;

/// The physical column of stored cells.
pub const CELLS: usize = 0;
/// The machine's column.
pub const MACHINE: usize = 1;

/// Segments of [`CELLS`].
const LOOKED_UP: usize = 0;
pub(super) const MULTIPLICITIES: usize = 1;
pub(super) const FUNCTION_VALUES: usize = 2;
const UNCHECKED: usize = 3;

/// Segments of [`MACHINE`].
pub(super) const MULTIPLIER: usize = 0;
pub(super) const ADDEND: usize = 1;
pub(super) const RESULT: usize = 2;
pub(super) const LOOKUP_SUM: usize = 3;

/// Where the stored cells of blocks lie.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Per block: first position, and whether it is looked up.
    blocks: Vec<Place>,
    /// Rows of looked-up cells.
    pub(super) looked_up: usize,
    /// Cells without a lookup.
    pub(super) unchecked: usize,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    bank: Bank,
    first: usize,
    fields: usize,
}

impl Cells {
    pub(super) fn new(b: &Builder<'_>) -> Self {
        let (mut looked_up, mut unchecked) = (0, 0);
        let blocks = b.blocks.iter().map(|block| {
            let (fields, elements) = (block.fills.len(), block.slot_of.len());
            let (counter, cells) = match block.bank {
                // Constants of expressions have cells that are zero; nothing is stored for them.
                Bank::Single => (&mut looked_up, fields * elements),
                Bank::Pair => (&mut looked_up, elements),
                Bank::Instance => (&mut unchecked, 0),
                _ => (&mut unchecked, fields * elements),
            };
            let first = *counter;
            *counter += cells;
            Place {
                bank: block.bank,
                first,
                fields,
            }
        });
        Self {
            blocks: blocks.collect(),
            looked_up,
            unchecked,
        }
    }

    /// Segment and row of a field of an element.
    pub(super) fn place(&self, block: usize, element: u32, field: u32) -> (usize, usize) {
        let place = self.blocks[block];
        let position = place.first + element as usize * place.fields + field as usize;
        match place.bank {
            Bank::Single => (LOOKED_UP, position),
            Bank::Pair if field == 0 => (LOOKED_UP, place.first + element as usize),
            Bank::Pair => (FUNCTION_VALUES, place.first + element as usize),
            _ => (UNCHECKED, position),
        }
    }

    pub(super) fn wire(&self, block: usize, element: u32, field: u32) -> Wire {
        let (segment, row) = self.place(block, element, field);
        Wire::Cell(segment as u32, row as u32)
    }
}
