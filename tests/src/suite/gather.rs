//! Elements by a list of indices.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::GraphBuilder;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Gather;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "gather",
    cases: &[with_repeats, columns_of_a_product],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 4,
        mixtures: 10,
        batches: 1,
        mock_accepted: 1,
        mock_rejected: 1,
    },
};

/// Rows of a layer, some of them twice and one of them not at all, in another order: into a layer.
pub fn with_repeats() -> Case {
    let mut g = GraphBuilder::named("rows with repeats");
    let x = g.input(&[4, 3], 4);
    let y = g.linear(x, 3, 4);
    let indices = vec![2, 0, 2, 2, 3];
    let rows = g.node(QOp::Gather(Gather { axis: 0, indices }), &[y], &[5, 3]);
    let z = g.linear(rows, 2, 4);
    g.output(z);
    Case::new("rows with repeats", g)
}

/// Columns by a list, which meet others of the same layer in a product.
pub fn columns_of_a_product() -> Case {
    let mut g = GraphBuilder::named("columns of a product");
    let x = g.input(&[1, 4], 4);
    let y = g.linear(x, 4, 4);
    let indices = vec![3, 1, 0, 3];
    let turned = g.node(QOp::Gather(Gather { axis: 1, indices }), &[y], &[1, 4]);
    let z = g.linear(turned, 3, 4);
    let s = g.square(turned);
    g.output(z);
    g.output(s);
    Case::new("columns of a product", g)
}
