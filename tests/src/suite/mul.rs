//! Products of elements.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::{GraphBuilder, signed};
use hallmark_model::QOp;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "mul",
    cases: &[products, groups, rows_read_by_columns],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 2,
        models: 0,
        mixtures: 30,
        batches: 0,
        mock_accepted: 4,
        mock_rejected: 4,
    },
};

/// Element-wise products with broadcasting, of a tensor with another and with itself.
pub fn products() -> Case {
    let mut g = GraphBuilder::named("products");
    // No zeros: there a square has no slope, and tests/rank.rs looks at slopes.
    let x = g.input_values(&[2, 3], signed(4), &[5, -6, 7, 4, 7, -3]);
    let row = g.slice(x, &[(1, -1, 1), (0, 1, 3)]);
    let p = g.node(QOp::Mul, &[x, row], &[2, 3]);
    let z = g.requantize(p, 4);
    let q = g.node(QOp::Mul, &[z, z], &[2, 3]);
    let w = g.requantize_from(q, 7, 0);
    g.output(w);
    Case::new("products", g)
}

/// A factor for each channel, and one for all elements.
pub fn groups() -> Case {
    let mut g = GraphBuilder::named("groups");
    let values: Vec<i64> = (0..32).map(|i| [3, -7, 5, -2, 6, 7, -4][i % 7]).collect();
    let x = g.input_values(&[1, 2, 4, 4], signed(4), &values);
    let scale = g.input_values(&[1, 2, 1, 1], signed(4), &[5, -6]);
    let all = g.input_values(&[1], signed(4), &[3]);
    let p = g.node(QOp::Mul, &[x, scale], &[1, 2, 4, 4]);
    let z = g.requantize(p, 4);
    let q = g.node(QOp::Mul, &[all, z], &[1, 2, 4, 4]);
    g.output(q);
    Case::new("groups", g)
}

/// A factor for each row of what a product of matrices reads column by column, as in an attention.
pub fn rows_read_by_columns() -> Case {
    let mut g = GraphBuilder::named("rows read by columns");
    let values: Vec<i64> = (0..32).map(|i| [3, -7, 5, -2, 6, 7, -4][i % 7]).collect();
    let x = g.input_values(&[2, 16], signed(4), &values);
    let factors = g.input_values(&[2, 1], signed(4), &[5, -6]);
    let values: Vec<i64> = (0..16).map(|i| [2, -5, 3, 7, -1][i % 5]).collect();
    let right = g.input_values(&[16, 1], signed(4), &values);
    let p = g.node(QOp::Mul, &[x, factors], &[2, 16]);
    let z = g.requantize(p, 4);
    let q = g.node(QOp::MatMul, &[z, right], &[2, 1]);
    let w = g.requantize(q, 4);
    g.output(w);
    Case::new("rows read by columns", g)
}
