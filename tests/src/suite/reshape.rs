//! Networks, in which images become rows.

use super::{AtLeast, Case, NARROW, Suite};
use super::{lookup::relu_twice, max_pool::pool_2x2};
use crate::graph_builder::{ConvShape, GraphBuilder, window};
use hallmark_circuits::internals::builder::Widths;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "reshape",
    cases: &[network, batch],
    // The networks' pools and ReLUs are not public: their gates are needed elsewhere.
    necessity_with: &[relu_twice, pool_2x2, || wide(relu_twice()), || wide(pool_2x2())],
    at_least: AtLeast {
        executions: 2,
        models: 8,
        mixtures: 48,
        batches: 1,
        mock_accepted: 22,
        mock_rejected: 25,
    },
};

/// Convolution, pool, ReLU, linear layer.
pub fn network() -> Case {
    let name = "network";
    Case::new(name, images(name, 1))
}

/// The same for three images, of which two or three share a row.
pub fn batch() -> Case {
    let name = "batch of images";
    let widths = Widths {
        single: 16,
        border: 8,
        instance: 2,
        ..NARROW
    };
    Case::with(name, images(name, 3), widths)
}

fn images(name: &str, count: usize) -> GraphBuilder {
    let mut g = GraphBuilder::named(name);
    let x = g.input(&[count, 1, 4, 4], 4);
    let y = g.conv(
        x,
        ConvShape {
            pads: [[1; 2]; 2],
            ..ConvShape::plain(2, [3, 3])
        },
        4,
    );
    let m = g.max_pool(y, window([2, 2], [2, 2], [[0; 2]; 2]));
    let a = g.relu(m);
    let f = g.reshape(a, &[count, 8]);
    let z = g.linear(f, 3, 5);
    g.output(z);
    g
}

fn wide(mut case: Case) -> Case {
    case.widths.single = 16;
    case
}
