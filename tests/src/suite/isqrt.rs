//! Square roots.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::{GraphBuilder, signed, window};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Affine;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "isqrt",
    cases: &[roots, roots_of_limbs, deviation, of_a_layer],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 3,
        models: 1,
        mixtures: 20,
        batches: 1,
        mock_accepted: 1,
        mock_rejected: 3,
    },
};

/// Squares, what lies between them, and what is one less than a square; every number in one limb.
pub fn roots() -> Case {
    let mut g = GraphBuilder::named("roots");
    let x = g.input_values(&[2, 3], (0, 255), &[0, 1, 99, 100, 203, 50]);
    let y = g.isqrt(x, (0, 15));
    g.output(y);
    let widths = Widths {
        limb_bits: 8,
        ..NARROW
    };
    Case::with("roots", g, widths)
}

/// Roots and remainders of several limbs; a function reads the roots.
pub fn roots_of_limbs() -> Case {
    let mut g = GraphBuilder::named("roots of limbs");
    let x = g.input_values(&[2, 3], signed(12), &[2047, 3, 1024, 440, 441, 0]);
    let y = g.isqrt(x, (0, 63));
    let z = g.lookup(y, "halves", |v| v / 2 - 3);
    g.output(z);
    g.output(y);
    Case::new("roots of limbs", g)
}

/// `√(4·Σx² − (Σx)² + 1)` of rows of four: nothing below the root is rounded.
pub fn deviation() -> Case {
    let mut g = GraphBuilder::named("deviation");
    let x = g.input_values(&[1, 2, 1, 4], signed(4), &[5, -6, 7, 4, -3, -3, -3, -2]);
    let row = window([1, 4], [1, 1], [[0; 2]; 2]);
    let squares = g.node(QOp::Mul, &[x, x], &[1, 2, 1, 4]);
    let squares = g.sum_pool(squares, row.clone());
    let sum = g.sum_pool(x, row);
    let square = g.node(QOp::Mul, &[sum, sum], &[1, 2, 1, 1]);
    let variance = Affine {
        coefficients: vec![4, -1],
        constant: Some(ndarray::ArrayD::from_elem(ndarray::IxDyn(&[]), 1)),
    };
    let variance = g.node(QOp::Affine(variance), &[squares, square], &[1, 2, 1, 1]);
    let y = g.isqrt(variance, (1, 64));
    g.output(y);
    Case::new("deviation", g)
}

/// The magnitudes of what a layer makes.
pub fn of_a_layer() -> Case {
    let mut g = GraphBuilder::named("root of a layer");
    let x = g.input(&[1, 4], 4);
    let p = g.linear(x, 3, 6);
    let q = g.node(QOp::Mul, &[p, p], &[1, 3]);
    let y = g.isqrt(q, (0, 63));
    g.output(y);
    Case::new("root of a layer", g)
}
