//! Functions by table, and ReLU.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::{GraphBuilder, signed};
use hallmark_circuits::internals::builder::Widths;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "lookup",
    cases: &[table, two_functions, relu, relu_twice, several_tables],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 5,
        models: 8,
        mixtures: 87,
        batches: 1,
        mock_accepted: 2,
        mock_rejected: 2,
    },
};

/// A function of a rounded tensor; the function's output feeds a layer.
pub fn table() -> Case {
    let mut g = GraphBuilder::named("table");
    let x = g.input(&[2, 3], 4);
    let y = g.linear(x, 2, 4);
    let s = g.square(y);
    let z = g.linear(s, 2, 4);
    g.output(s);
    g.output(z);
    Case::new("table", g)
}

/// Two functions of the same tensor, which is an input and an output too.
pub fn two_functions() -> Case {
    let mut g = GraphBuilder::named("two functions");
    let x = g.input(&[5], 4);
    let s = g.square(x);
    let t = g.lookup(x, "minus", |v| -v);
    g.output(s);
    g.output(t);
    g.output(x);
    Case::new("two functions", g)
}

/// ReLU of a rounded tensor with values of both signs.
pub fn relu() -> Case {
    let mut g = GraphBuilder::named("relu");
    let x = g.input(&[1, 4], 4);
    let y = g.linear(x, 5, 4);
    let a = g.relu(y);
    let z = g.linear(a, 2, 4);
    g.output(z);
    Case::new("relu", g)
}

/// A tensor of which ReLU and another function are taken.
pub fn relu_twice() -> Case {
    let mut g = GraphBuilder::named("relu twice");
    let x = g.input_values(&[5], signed(4), &[-8, 7, 0, 3, -2]);
    let s = g.square(x);
    let a = g.relu(x);
    g.output(s);
    g.output(a);
    Case::new("relu twice", g)
}

/// More table rows than circuit rows, with more than three table sets.
pub fn several_tables() -> Case {
    let mut g = GraphBuilder::named("several tables");
    let x = g.input(&[2], 7);
    let s = g.lookup(x, "third", |v| v / 3);
    let t = g.lookup(x, "odd", |v| v & 1);
    g.output(s);
    g.output(t);
    Case::with(
        "several tables",
        g,
        Widths {
            limb_bits: 7,
            ..NARROW
        },
    )
}
