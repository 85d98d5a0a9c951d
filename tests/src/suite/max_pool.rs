//! Maxima over windows.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::{ConvShape, GraphBuilder, window};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::Window;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "max_pool",
    cases: &[
        pool_2x2,
        pool_of_input,
        pool_3x3,
        pool_5x5,
        pool_1x3,
        pool_padded,
        pool_line,
        pool_volume,
        pool_overlapping_volume,
        pool_then_table,
    ],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 10,
        models: 12,
        mixtures: 120,
        batches: 10,
        mock_accepted: 13,
        mock_rejected: 20,
    },
};

fn pool<const N: usize>(name: &'static str, size: [usize; N], pooling: Window) -> Case {
    let mut g = GraphBuilder::named(name);
    let x = g.input(&[&[1, 1], &size[..]].concat(), 4);
    let y = g.conv(x, ConvShape::plain(1, [1; N]), 4);
    let m = g.max_pool(y, pooling);
    g.output(m);
    Case::new(name, g)
}

/// Windows that do not overlap.
pub fn pool_2x2() -> Case {
    pool("pool 2×2", [4, 4], window([2, 2], [2, 2], [[0; 2]; 2]))
}

/// A pool of an input, two channels.
pub fn pool_of_input() -> Case {
    let mut g = GraphBuilder::named("pool of an input");
    let x = g.input(&[1, 2, 2, 4], 4);
    let m = g.max_pool(x, window([2, 2], [2, 2], [[0; 2]; 2]));
    g.output(m);
    Case::with("pool of an input", g, Widths { single: 12, ..NARROW })
}

/// Overlapping windows of nine: maxima of maxima.
pub fn pool_3x3() -> Case {
    pool("pool 3×3", [4, 5], window([3, 3], [1, 2], [[0; 2]; 2]))
}

/// Windows of 25: three levels of maxima.
pub fn pool_5x5() -> Case {
    pool("pool 5×5", [5, 5], window([5, 5], [5, 5], [[0; 2]; 2]))
}

/// Windows of three, which leave lanes unused.
pub fn pool_1x3() -> Case {
    pool("pool 1×3", [2, 6], window([1, 3], [1, 3], [[0; 2]; 2]))
}

/// Windows cut by padding.
pub fn pool_padded() -> Case {
    pool("padded pool", [3, 3], window([2, 2], [2, 2], [[1, 1], [0, 0]]))
}

/// One spatial axis: overlapping windows with gaps, cut by padding.
pub fn pool_line() -> Case {
    let window = Window::new([3], [2], [[2], [1]], [2]);
    pool("pool of a line", [6], window)
}

/// Three spatial axes, windows that do not overlap.
pub fn pool_volume() -> Case {
    pool(
        "pool of a volume",
        [2, 2, 4],
        window([2, 1, 2], [2, 1, 2], [[0; 3]; 2]),
    )
}

/// Three spatial axes, overlapping windows of nine.
pub fn pool_overlapping_volume() -> Case {
    let window = Window::new([3, 1, 3], [1, 2, 1], [[0, 0, 1], [0; 3]], [1, 1, 1]);
    pool("overlapping pool of a volume", [3, 2, 3], window)
}

/// A function of a pool's output.
pub fn pool_then_table() -> Case {
    let mut g = GraphBuilder::named("pool then table");
    let x = g.input(&[1, 1, 4, 2], 4);
    let m = g.max_pool(x, window([2, 1], [2, 1], [[0; 2]; 2]));
    let s = g.square(m);
    g.output(s);
    Case::new("pool then table", g)
}
