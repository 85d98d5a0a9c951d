//! Consecutive parts: several outputs of one node.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::GraphBuilder;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "split",
    cases: &[into_two, with_an_unread_part],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 2,
        models: 4,
        mixtures: 2,
        batches: 1,
        mock_accepted: 1,
        mock_rejected: 1,
    },
};

/// Two parts of a layer's columns: one is an output, the other goes on into a layer.
pub fn into_two() -> Case {
    let mut g = GraphBuilder::named("split into two");
    let x = g.input(&[1, 3], 4);
    let y = g.linear(x, 5, 4);
    let parts = g.split(y, 1, &[2, 3]);
    let z = g.linear(parts[1], 2, 4);
    g.output(parts[0]);
    g.output(z);
    Case::new("split into two", g)
}

/// Three parts of the rows of an input, one of which nothing reads.
pub fn with_an_unread_part() -> Case {
    let mut g = GraphBuilder::named("an unread part");
    let x = g.input(&[4, 2], 4);
    let parts = g.split(x, 0, &[1, 2, 1]);
    let y = g.linear(parts[1], 3, 4);
    let s = g.square(parts[2]);
    g.output(y);
    g.output(s);
    Case::new("an unread part", g)
}
