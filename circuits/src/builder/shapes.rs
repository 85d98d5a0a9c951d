//! How high banks are at any width, without a lowering for each.

use super::Builder;
use crate::block::{Bank, Outline};
use std::collections::BTreeMap;

/// What the height of a part of a block depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    bank: Bank,
    /// Lanes per element; none where each has a row of its own.
    stride: Option<usize>,
    unit: usize,
    outline: Outline,
}

/// All blocks below each other, by shape: there are few different ones, however many blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shapes {
    counts: BTreeMap<Shape, usize>,
}

impl Shapes {
    fn add(&mut self, shape: Shape) {
        *self.counts.entry(shape).or_default() += 1;
    }

    /// Rows of a bank of `lanes` lanes; zero if nothing is stored in it.
    pub(crate) fn height(&self, bank: Bank, lanes: usize) -> usize {
        let own = self.counts.iter().filter(|(shape, _)| shape.bank == bank);
        let height = |shape: &Shape| {
            let slots = shape.stride.map_or(1, |stride| lanes / stride);
            shape.outline.height(slots, shape.unit)
        };
        own.map(|(shape, count)| height(shape) * count).sum()
    }

    /// Cells of a bank, of rows that have more than one element.
    pub(crate) fn cells(&self, bank: Bank) -> usize {
        let own = self.counts.iter().filter(|(shape, _)| shape.bank == bank);
        own.map(|(shape, count)| shape.stride.map_or(0, |stride| stride * shape.outline.elements()) * count)
            .sum()
    }

    /// Whether anything is stored in a bank.
    pub(crate) fn has(&self, bank: Bank) -> bool {
        self.counts.keys().any(|shape| shape.bank == bank)
    }
}

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
    pub(super) fn count(&mut self, new: &super::NewBlock) -> usize {
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
