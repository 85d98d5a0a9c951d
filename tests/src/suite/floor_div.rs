//! Quotients.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::{GraphBuilder, signed};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Affine;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "floor_div",
    cases: &[quotients, quotients_of_limbs, rounded_by_group, of_a_layer],
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

/// Dividends of both signs, a divisor for each row; remainders and what divisors are above them have room in their table.
pub fn quotients() -> Case {
    let mut g = GraphBuilder::named("quotients");
    let x = g.input_values(&[2, 3], signed(8), &[100, -100, 7, -1, 36, -128]);
    let y = g.input_values(&[2, 1], (1, 40), &[7, 16]);
    let z = g.floor_div(x, y, (-16, 15));
    g.output(z);
    let widths = Widths {
        limb_bits: 8,
        ..NARROW
    };
    Case::with("quotients", g, widths)
}

/// Remainders of two limbs; a function reads the quotients.
pub fn quotients_of_limbs() -> Case {
    let mut g = GraphBuilder::named("quotients of limbs");
    let x = g.input_values(&[2, 3], signed(8), &[100, -100, 7, -1, 36, -128]);
    let y = g.input_values(&[3], (1, 40), &[7, 36, 40]);
    let z = g.floor_div(x, y, (-16, 15));
    let w = g.square(z);
    g.output(w);
    Case::new("quotients of limbs", g)
}

/// Half-up rounding, `⌊(2·x + y) / (2·y)⌋`, with a divisor for each group: the product with it is one of evaluations.
pub fn rounded_by_group() -> Case {
    let mut g = GraphBuilder::named("rounded by group");
    let values: Vec<i64> = (0..32).map(|i| [30, -70, 51, -22, 64, -7, 40][i % 7]).collect();
    let x = g.input_values(&[1, 2, 4, 4], signed(8), &values);
    let y = g.input_values(&[1, 2, 1, 1], (1, 8), &[5, 8]);
    let affine = |coefficients: &[i64]| {
        QOp::Affine(Affine {
            coefficients: coefficients.to_vec(),
            constant: None,
        })
    };
    let dividend = g.node(affine(&[2, 1]), &[x, y], &[1, 2, 4, 4]);
    let divisor = g.node(affine(&[2]), &[y], &[1, 2, 1, 1]);
    let z = g.floor_div(dividend, divisor, signed(5));
    g.output(z);
    Case::new("rounded by group", g)
}

/// What a layer makes, not rounded, by what another layer and a table make.
pub fn of_a_layer() -> Case {
    let mut g = GraphBuilder::named("of a layer");
    let x = g.input(&[1, 4], 4);
    let a = g.product(x, 3);
    let y = g.linear(x, 3, 4);
    let positive = g.lookup(y, "positive", |v| v * v + 1);
    let z = g.floor_div(a, positive, signed(8));
    g.output(z);
    Case::new("of a layer", g)
}
