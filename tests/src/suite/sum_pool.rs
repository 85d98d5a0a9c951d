//! Sums over windows.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::{GraphBuilder, window};
use hallmark_model::ops::integer::Pad;
use hallmark_model::{QOp, Window};

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "sum_pool",
    cases: &[sums, sums_of_lines, sums_of_volumes],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 3,
        models: 0,
        mixtures: 27,
        batches: 3,
        mock_accepted: 3,
        mock_rejected: 3,
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

/// One spatial axis: overlapping windows with gaps, cut by padding.
pub fn sums_of_lines() -> Case {
    let mut g = GraphBuilder::named("sums of lines");
    let x = g.input(&[1, 2, 5], 4);
    let summed = g.sum_pool(x, Window::new([2], [1], [[1], [2]], [2]));
    let z = g.requantize(summed, 4);
    g.output(z);
    Case::new("sums of lines", g)
}

/// Three spatial axes.
pub fn sums_of_volumes() -> Case {
    let mut g = GraphBuilder::named("sums of volumes");
    let x = g.input(&[1, 1, 3, 2, 3], 4);
    let summed = g.sum_pool(x, Window::new([2, 2, 1], [2, 1, 2], [[1, 0, 0], [0; 3]], [1; 3]));
    let z = g.requantize(summed, 4);
    g.output(z);
    Case::new("sums of volumes", g)
}
