//! Products with constants.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::GraphBuilder;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Scale;
use ndarray::ArrayD;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "scale",
    cases: &[factors],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 0,
        mixtures: 9,
        batches: 0,
        mock_accepted: 1,
        mock_rejected: 1,
    },
};

/// Factors of both signs and zero, one per row, of an input in two limbs.
pub fn factors() -> Case {
    let mut g = GraphBuilder::named("factors");
    let x = g.input(&[3, 2], 6);
    let factor = ArrayD::from_shape_fn(vec![3, 1], |i| [2, -3, 0][i[0]]);
    let y = g.node(QOp::Scale(Scale { factor }), &[x], &[3, 2]);
    let z = g.requantize(y, 4);
    g.output(z);
    Case::new("factors", g)
}
