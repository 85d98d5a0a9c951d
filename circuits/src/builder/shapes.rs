//! How high banks are at any width, without a lowering for each.

use crate::{block::Bank, outline::Outline};
use std::collections::BTreeMap;

/// What the height of a part of a block depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) bank: Bank,
    /// Lanes per element; none where each has a row of its own.
    pub(super) stride: Option<usize>,
    pub(super) unit: usize,
    pub(super) outline: Outline,
}

/// All blocks below each other, by shape: there are few different ones, however many blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shapes {
    counts: BTreeMap<Shape, usize>,
}

impl Shapes {
    /// Adds a part of a block.
    pub(super) fn add(&mut self, shape: Shape) {
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
