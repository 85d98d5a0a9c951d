//! Copy constraints.

use super::columns::AdviceColumns;
use crate::{builder::Builder, cell::CellAt, expression::Atom};

/// All copy constraints: sources of `V` and `F`, equalities, and the zeros that end equations.
pub(super) fn copies(b: &Builder<'_>, advice: &AdviceColumns) -> Vec<(CellAt, CellAt)> {
    let Some([v, f, total]) = advice.dot else {
        return simple_copies(b, advice, None);
    };
    let mut copies = simple_copies(b, advice, Some(total));
    for (row, dot) in b.dots.rows.iter().enumerate() {
        if let Some(from) = dot.v_from {
            copies.push((cell(advice, Some(total), from), (v, row)));
        }
        if let Some(from) = dot.f_from {
            copies.push((cell(advice, Some(total), from), (f, row)));
        }
        if dot.zero {
            copies.push(((total, 0), (total, row)));
        }
    }
    copies
}

fn simple_copies(b: &Builder<'_>, advice: &AdviceColumns, total: Option<usize>) -> Vec<(CellAt, CellAt)> {
    b.equalities
        .iter()
        .map(|(a, c)| (cell(advice, total, *a), cell(advice, total, *c)))
        .filter(|(a, c)| a != c)
        .collect()
}

pub(super) fn cell(advice: &AdviceColumns, total: Option<usize>, atom: Atom) -> CellAt {
    match atom {
        Atom::Evaluation { index, row } => (advice.accumulators[index], row),
        Atom::Total { row } => (total.unwrap_or(0), row),
    }
}
