//! Linear layers.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::GraphBuilder;
use hallmark_circuits::internals::builder::Widths;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "linear",
    cases: &[
        one_row,
        one_row_without_bias,
        two_layers,
        several_rows,
        evaluated_columns,
        exact,
    ],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 6,
        models: 20,
        mixtures: 84,
        batches: 3,
        mock_accepted: 10,
        mock_rejected: 9,
    },
};

/// One row, more columns than weight lanes, bias, input in two limbs, remainder in two limbs.
pub fn one_row() -> Case {
    let mut g = GraphBuilder::named("one row");
    g.weight_bits = 5;
    let x = g.input(&[1, 4], 6);
    let y = g.linear(x, 5, 4);
    g.output(y);
    Case::new("one row", g)
}

/// One row, bias zero, output of several limbs, two instance columns.
pub fn one_row_without_bias() -> Case {
    let mut g = GraphBuilder::named("one row without bias");
    g.bias_bits = 1;
    let x = g.input(&[1, 5], 4);
    let part = g.slice(x, &[(0, 1, 1), (0, 2, 3)]);
    let y = g.linear(part, 2, 6);
    g.output(y);
    Case::with(
        "one row without bias",
        g,
        Widths {
            instance: 2,
            ..NARROW
        },
    )
}

/// A value that two layers read, and an operand that is no input.
pub fn two_layers() -> Case {
    let mut g = GraphBuilder::named("two layers");
    let x = g.input(&[1, 3], 4);
    let y = g.linear(x, 4, 4);
    let z = g.linear(y, 2, 4);
    g.output(y);
    g.output(z);
    Case::new("two layers", g)
}

/// Several rows.
pub fn several_rows() -> Case {
    let mut g = GraphBuilder::named("several rows");
    let x = g.input(&[3, 3], 4);
    let y = g.linear(x, 5, 4);
    let z = g.linear(y, 2, 4);
    g.output(z);
    Case::new("several rows", g)
}

/// The same with evaluations of columns instead of operands.
pub fn evaluated_columns() -> Case {
    let mut case = several_rows();
    case.name = "evaluated columns";
    case.widths.operands = false;
    case
}

/// Shift 0: the bias is a constant of the identity.
pub fn exact() -> Case {
    let mut g = GraphBuilder::named("exact");
    let x = g.input(&[2, 2], 3);
    let y = g.product(x, 3);
    let y = g.requantize_from(y, 7, 0);
    let row = g.slice(y, &[(1, 1, 1), (0, 1, 3)]);
    let z = g.product(row, 2);
    let z = g.requantize_from(z, 11, 0);
    g.output(z);
    Case::new("exact", g)
}
