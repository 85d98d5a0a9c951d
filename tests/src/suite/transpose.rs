//! Outputs that are moved inputs.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::GraphBuilder;
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Affine;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "transpose",
    cases: &[moved_outputs],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 0,
        mixtures: 15,
        batches: 0,
        mock_accepted: 2,
        mock_rejected: 1,
    },
};

/// Outputs that are rearrangements and combinations of inputs.
pub fn moved_outputs() -> Case {
    let mut g = GraphBuilder::named("moved outputs");
    let x = g.input(&[2, 3], 4);
    let y = g.input(&[3, 1], 6);
    let t = g.transpose(x, &[1, 0]);
    let s = g.slice(t, &[(2, -2, 2), (0, 1, 2)]);
    let d = g.node(
        QOp::Affine(Affine {
            coefficients: vec![1, -1],
            constant: None,
        }),
        &[t, y],
        &[3, 2],
    );
    let d = g.requantize_from(d, 8, 0);
    g.output(t);
    g.output(s);
    g.output(d);
    Case::with(
        "moved outputs",
        g,
        Widths {
            instance: 2,
            ..NARROW
        },
    )
}
