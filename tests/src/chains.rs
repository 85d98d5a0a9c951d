//! Long chains of one operation, for what has to grow with the number of nodes and no faster.

use crate::graph_builder::{GraphBuilder, signed, window};
use hallmark_model::ops::integer::{Affine, Concat, Pad};
use hallmark_model::{QOp, QuantizedGraph, TensorId};
use std::sync::Arc;

/// Builds a chain of `length` operations on one element.
#[must_use]
pub fn chain(length: usize, make: impl Fn(&mut GraphBuilder, TensorId) -> TensorId) -> Arc<QuantizedGraph> {
    let mut g = GraphBuilder::new(10);
    let mut x = g.input_values(&[1, 1, 1, 1], signed(3), &[1]);
    for _ in 0..length {
        x = make(&mut g, x);
    }
    g.output(x);
    g.finish().0
}

/// What adds an operation to the end of a chain.
pub type Link = fn(&mut GraphBuilder, TensorId) -> TensorId;

/// Operations that can be chained as often as one likes.
pub const LINKS: [(&str, Link); 8] = [
    ("reshape", |g, x| g.reshape(x, &[1, 1, 1, 1])),
    ("transpose", |g, x| g.transpose(x, &[0, 1, 3, 2])),
    ("max-pool", |g, x| {
        g.max_pool(x, window([1, 1], [1, 1], [[0; 2]; 2]))
    }),
    ("sum-pool", |g, x| {
        g.sum_pool(x, window([1, 1], [1, 1], [[0; 2]; 2]))
    }),
    ("affine", |g, x| {
        let op = QOp::Affine(Affine {
            coefficients: vec![-1],
            constant: None,
        });
        g.node(op, &[x], &[1, 1, 1, 1])
    }),
    ("concat and slice", |g, x| {
        let both = g.node(QOp::Concat(Concat { axis: 1 }), &[x, x], &[1, 2, 1, 1]);
        g.slice(both, &[(0, 1, 1), (1, 1, 1), (0, 1, 1), (0, 1, 1)])
    }),
    ("pad and slice", |g, x| {
        let op = QOp::Pad(Pad {
            pads: vec![(0, 0), (1, 0), (0, 0), (0, 0)],
            value: 0,
        });
        let both = g.node(op, &[x], &[1, 2, 1, 1]);
        g.slice(both, &[(0, 1, 1), (1, 1, 1), (0, 1, 1), (0, 1, 1)])
    }),
    ("relu", |g, x| g.lookup(x, "relu", |v| v.max(0))),
];
