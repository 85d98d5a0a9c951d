//! The cells of an execution without those that are empty.

use crate::{block::Bank, layout::Layout, plan::Plan, witness::Witness};
use hallmark_model::Trace;

/// See [`Plan::needed_integers`].
pub(super) fn integers(plan: &Plan, trace: &Trace, witness: &Witness) -> Vec<i64> {
    let mut blocks: Vec<_> = plan.frame().blocks.iter().collect();
    blocks.retain(|block| block.bank != Bank::Instance);
    blocks.sort_by_key(|block| (block.bank, block.table));
    let fills = blocks.iter().flat_map(|block| &block.fills);
    let mut integers: Vec<i64> = fills.flat_map(|fill| fill(trace)).collect();
    integers.extend(multiplicities(plan, witness));
    integers
}

/// How often each row of the lookup tables is looked up.
fn multiplicities(plan: &Plan, witness: &Witness) -> Vec<i64> {
    let rows = plan.frame().tables.rows();
    let column = |index: &usize| witness.stored().get(*index).map_or(&[][..], Vec::as_slice);
    let all: Vec<i64> = match plan.layout() {
        Layout::Strips(layout) => layout
            .advice
            .multiplicities
            .iter()
            .flat_map(column)
            .copied()
            .collect(),
        Layout::Machine(layout) => {
            let first = layout.arranged.first_multiplicity();
            column(&0).get(first..).unwrap_or_default().to_vec()
        }
    };
    all.into_iter().take(rows).collect()
}
