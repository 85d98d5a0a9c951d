//! Chosen elements.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::GraphBuilder;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "slice",
    cases: &[fewer_rows],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 4,
        mixtures: 21,
        batches: 0,
        mock_accepted: 3,
        mock_rejected: 2,
    },
};

/// A product of three rows, one of two of them: not all columns of operands have elements everywhere.
pub fn fewer_rows() -> Case {
    let mut g = GraphBuilder::named("fewer rows");
    let x = g.input(&[3, 3], 4);
    let y = g.linear(x, 4, 4);
    let rows = g.slice(y, &[(1, 1, 2), (0, 1, 4)]);
    let z = g.linear(rows, 2, 4);
    g.output(y);
    g.output(z);
    Case::new("fewer rows", g)
}
