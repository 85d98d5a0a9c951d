//! Sums with coefficients.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::{GraphBuilder, signed};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Affine;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "affine",
    cases: &[one_limb, broadcast],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 2,
        mixtures: 18,
        batches: 1,
        mock_accepted: 1,
        mock_rejected: 1,
    },
};

/// Everything in one limb; an interval that does not start at a power of two.
pub fn one_limb() -> Case {
    let mut g = GraphBuilder::named("one limb");
    let x = g.input_values(&[1, 3], (-5, 7), &[-5, 7, 0]);
    let y = g.linear(x, 2, 5);
    let flipped = g.input_values(&[1, 2], signed(3), &[3, -4]);
    let sum = g.node(
        QOp::Affine(Affine {
            coefficients: vec![1, -3],
            constant: None,
        }),
        &[y, flipped],
        &[1, 2],
    );
    let z = g.requantize_from(sum, 6, 0);
    g.output(z);
    Case::with(
        "one limb",
        g,
        Widths {
            limb_bits: 8,
            single: 4,
            ..NARROW
        },
    )
}

/// One number for 64 elements: it is evaluated once, times a sum of powers.
pub fn broadcast() -> Case {
    let mut g = GraphBuilder::named("broadcast");
    let x = g.input(&[1, 64], 3);
    let each = g.input_values(&[1, 1], signed(4), &[-5]);
    let sum = Affine {
        coefficients: vec![1, 3],
        constant: None,
    };
    let sum = g.node(QOp::Affine(sum), &[x, each], &[1, 64]);
    g.output(sum);
    Case::new("broadcast", g)
}
