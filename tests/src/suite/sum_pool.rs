//! Sums over windows.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::{GraphBuilder, window};
use hallmark_model::QOp;
use hallmark_model::ops::integer::Pad;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "sum_pool",
    cases: &[sums],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 0,
        mixtures: 9,
        batches: 1,
        mock_accepted: 2,
        mock_rejected: 1,
    },
};

/// Padding by a constant, sum-pool, rounding.
pub fn sums() -> Case {
    let mut g = GraphBuilder::named("sums");
    let x = g.input(&[1, 1, 3, 3], 4);
    let pads = vec![(0, 0), (0, 0), (1, 0), (0, 2)];
    let padded = g.node(QOp::Pad(Pad { pads, value: 5 }), &[x], &[1, 1, 4, 5]);
    let summed = g.sum_pool(padded, window([2, 2], [1, 2], [[0; 2]; 2]));
    let z = g.requantize(summed, 4);
    g.output(z);
    Case::new("sums", g)
}
