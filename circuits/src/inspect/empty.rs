//! Why cells hold nothing.

use super::figures::{ColumnGroup, ColumnKind, EmptyCells};
use std::collections::BTreeMap;

/// Empty cells by reason.
#[derive(Default)]
pub(super) struct Reasons {
    /// Per reason, the cells of each cause.
    found: BTreeMap<String, BTreeMap<Option<String>, usize>>,
}

impl Reasons {
    /// Adds cells that are empty for one reason, and what causes it.
    pub(super) fn add(&mut self, reason: impl Into<String>, cells: usize, cause: Option<String>) {
        if cells > 0 {
            *self
                .found
                .entry(reason.into())
                .or_default()
                .entry(cause)
                .or_default() += cells;
        }
    }

    /// In descending order.
    fn sorted(self, all: usize) -> Vec<EmptyCells> {
        let one = |(reason, causes): (String, BTreeMap<Option<String>, usize>)| {
            let cells = causes.values().sum::<usize>();
            let most = causes.into_iter().max_by_key(|(_, cells)| *cells);
            EmptyCells {
                reason,
                cells,
                share: cells as f64 / all.max(1) as f64,
                most: most.and_then(|(cause, _)| cause),
            }
        };
        let mut sorted: Vec<EmptyCells> = self.found.into_iter().map(one).collect();
        sorted.sort_by_key(|empty| std::cmp::Reverse(empty.cells));
        sorted
    }
}

/// Columns of one purpose, `usable` rows each, of which `cells` cells hold something and the others are empty for the given reasons.
pub(super) fn column_group(
    (name, kind): (&str, ColumnKind),
    (columns, usable): (usize, usize),
    cells: usize,
    empty: Reasons,
) -> ColumnGroup {
    ColumnGroup {
        name: name.to_owned(),
        kind,
        columns,
        height: usable,
        cells,
        filled: cells as f64 / (columns * usable).max(1) as f64,
        empty: empty.sorted(columns * usable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_descend_and_name_what_causes_most() {
        let mut empty = Reasons::default();
        empty.add("a", 3, None);
        empty.add("b", 2, Some("x".to_owned()));
        empty.add("b", 4, Some("y".to_owned()));
        empty.add("c", 0, None);
        let group = column_group(("numbers", ColumnKind::Small), (2, 10), 11, empty);
        let found: Vec<_> = group
            .empty
            .iter()
            .map(|e| (e.reason.as_str(), e.cells, e.most.as_deref()))
            .collect();
        assert_eq!(found, [("b", 6, Some("y")), ("a", 3, None)]);
        assert_eq!((group.filled, group.empty[0].share), (0.55, 0.3));
    }
}
