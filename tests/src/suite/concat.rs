//! Joined tensors.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::GraphBuilder;
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::{Affine, Concat, Scale};
use ndarray::ArrayD;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "concat",
    cases: &[joins, twice],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 2,
        mixtures: 18,
        batches: 0,
        mock_accepted: 3,
        mock_rejected: 2,
    },
};

/// Concatenation, affine combination with a constant, scaling.
pub fn joins() -> Case {
    let mut g = GraphBuilder::named("joins");
    let x = g.input(&[2, 3], 4);
    let y = g.linear(x, 3, 4);
    let upside_down = g.slice(y, &[(1, -1, 2), (0, 1, 3)]);
    let both = g.node(QOp::Concat(Concat { axis: 0 }), &[upside_down, y], &[4, 3]);
    let constant = ArrayD::from_shape_fn(vec![4, 1], |i| [3, 0, -4, 3][i[0]]);
    let op = QOp::Affine(Affine {
        coefficients: vec![3, -2],
        constant: Some(constant),
    });
    let affine = g.node(op, &[both, both], &[4, 3]);
    let factor = ArrayD::from_shape_fn(vec![4, 1], |i| [2, -3, 0, 5][i[0]]);
    let scaled = g.node(QOp::Scale(Scale { factor }), &[affine], &[4, 3]);
    let z = g.requantize(scaled, 4);
    g.output(z);
    Case::with(
        "joins",
        g,
        Widths {
            instance: 2,
            ..NARROW
        },
    )
}

/// A layer's result twice, read by the next layer.
pub fn twice() -> Case {
    let mut g = GraphBuilder::named("twice");
    let x = g.input(&[1, 3], 4);
    let y = g.linear(x, 2, 4);
    let both = g.node(QOp::Concat(Concat { axis: 1 }), &[y, y], &[1, 4]);
    let z = g.linear(both, 2, 4);
    g.output(z);
    Case::new("twice", g)
}
