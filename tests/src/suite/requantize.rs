//! Rounding.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::{GraphBuilder, signed};
use hallmark_circuits::internals::builder::Widths;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "requantize",
    cases: &[rounding, rounded_input],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 1,
        models: 2,
        mixtures: 3,
        batches: 1,
        mock_accepted: 1,
        mock_rejected: 1,
    },
};

/// A remainder in one limb.
pub fn rounding() -> Case {
    let mut g = GraphBuilder::named("rounding");
    let x = g.input(&[1, 4], 4);
    let y = g.linear(x, 3, 6);
    g.output(y);
    let widths = Widths {
        limb_bits: 8,
        ..NARROW
    };
    Case::with("rounding", g, widths)
}

/// An input that is rounded, with values of both signs.
pub fn rounded_input() -> Case {
    let mut g = GraphBuilder::named("rounded input");
    let x = g.input_values(&[1, 3], signed(6), &[20, -22, 5]);
    let y = g.requantize(x, 4);
    g.output(y);
    Case::new("rounded input", g)
}
