//! Padding.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::GraphBuilder;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Pad;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "pad",
    cases: &[constants],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 0,
        mixtures: 6,
        batches: 0,
        mock_accepted: 0,
        mock_rejected: 1,
    },
};

/// Constants in an output that nothing rounds.
pub fn constants() -> Case {
    let mut g = GraphBuilder::named("constants");
    let x = g.input(&[2], 4);
    let padded = g.node(
        QOp::Pad(Pad {
            pads: vec![(1, 2)],
            value: -3,
        }),
        &[x],
        &[5],
    );
    g.output(padded);
    Case::new("constants", g)
}
