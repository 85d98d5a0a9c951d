//! Products of matrices.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::GraphBuilder;
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "mat_mul",
    cases: &[two_factors, batches],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 2,
        models: 2,
        mixtures: 30,
        batches: 0,
        mock_accepted: 2,
        mock_rejected: 2,
    },
};

/// A matrix times its own transpose.
pub fn two_factors() -> Case {
    let mut g = GraphBuilder::named("two factors");
    let x = g.input(&[2, 3], 4);
    let y = g.linear(x, 3, 4);
    let t = g.transpose(y, &[1, 0]);
    let p = g.node(QOp::MatMul, &[y, t], &[2, 2]);
    let z = g.requantize(p, 4);
    g.output(z);
    Case::new("two factors", g)
}

/// Batches of matrices, one side broadcast; two inputs.
pub fn batches() -> Case {
    let mut g = GraphBuilder::named("batches");
    let a = g.input(&[2, 2, 2], 4);
    let b = g.input(&[2, 3], 4);
    let p = g.node(QOp::MatMul, &[a, b], &[2, 2, 3]);
    let z = g.requantize(p, 4);
    g.output(z);
    Case::with(
        "batches",
        g,
        Widths {
            instance: 3,
            ..NARROW
        },
    )
}
