//! Blocks that are only counted.

use super::{Builder, NewBlock, shapes::Shape};
use crate::block::Bank;

impl Builder<'_> {
    /// Lanes of a bank.
    pub(super) fn lanes(&self, bank: Bank) -> usize {
        match bank {
            Bank::Pair => 2 * self.widths.pair,
            Bank::Product => 2 * self.widths.product,
            Bank::Border => self.widths.border,
            Bank::Committed => self.committed_lanes,
            _ => self.widths.single,
        }
    }

    /// Notes the shape of a block; returns its height.
    pub(super) fn count(&mut self, new: &NewBlock) -> usize {
        let lanes = self.lanes(new.bank);
        // Elements of narrow banks can have all of their lanes too; those of this one, only where they are meant to.
        let whole = new.bank == Bank::Single && new.stride == lanes;
        let mut height = 0;
        for outline in new.arrangement.outlines() {
            height += outline.height(lanes / new.stride, new.unit);
            self.shapes.add(Shape {
                bank: new.bank,
                stride: (!whole).then_some(new.stride),
                unit: new.unit,
                outline,
            });
        }
        height
    }
}
