//! Functions by table, ReLU, max-pools and arg-max.

use super::{Case, Make, NARROW};
use crate::graph_builder::{ConvShape, GraphBuilder, signed, window};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::Window;

/// All of this family.
pub const ALL: &[Make] = &[
    table,
    two_functions,
    relu,
    relu_twice,
    pool_2x2,
    pool_of_input,
    pool_3x3,
    pool_5x5,
    pool_1x3,
    pool_padded,
    pool_then_table,
    arg_max_first,
    arg_max_last,
    arg_max_limbs,
    arg_max_inner_axis,
];

/// A function of a rounded tensor; the function's output feeds a layer.
pub fn table() -> Case {
    let mut g = GraphBuilder::new(41);
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
    let mut g = GraphBuilder::new(42);
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
    let mut g = GraphBuilder::new(43);
    let x = g.input(&[1, 4], 4);
    let y = g.linear(x, 5, 4);
    let a = g.relu(y);
    let z = g.linear(a, 2, 4);
    g.output(z);
    Case::new("relu", g)
}

/// A tensor of which ReLU and another function are taken.
pub fn relu_twice() -> Case {
    let mut g = GraphBuilder::new(44);
    let x = g.input_values(&[5], signed(4), &[-8, 7, 0, 3, -2]);
    let s = g.square(x);
    let a = g.relu(x);
    g.output(s);
    g.output(a);
    Case::new("relu twice", g)
}

fn pool(seed: u64, name: &'static str, size: [usize; 2], pooling: Window) -> Case {
    let mut g = GraphBuilder::new(seed);
    let x = g.input(&[1, 1, size[0], size[1]], 4);
    let y = g.conv(x, ConvShape::plain(1, [1, 1]), 4);
    let m = g.max_pool(y, pooling);
    g.output(m);
    Case::new(name, g)
}

/// Windows that do not overlap.
pub fn pool_2x2() -> Case {
    pool(145, "pool 2×2", [4, 4], window([2, 2], [2, 2], [0; 4]))
}

/// A pool of an input, two channels.
pub fn pool_of_input() -> Case {
    let mut g = GraphBuilder::new(46);
    let x = g.input(&[1, 2, 2, 4], 4);
    let m = g.max_pool(x, window([2, 2], [2, 2], [0; 4]));
    g.output(m);
    Case::with("pool of an input", g, Widths { single: 12, ..NARROW })
}

/// Overlapping windows of nine: maxima of maxima.
pub fn pool_3x3() -> Case {
    pool(47, "pool 3×3", [4, 5], window([3, 3], [1, 2], [0; 4]))
}

/// Windows of 25: three levels of maxima.
pub fn pool_5x5() -> Case {
    pool(48, "pool 5×5", [5, 5], window([5, 5], [5, 5], [0; 4]))
}

/// Windows of three, which leave lanes unused.
pub fn pool_1x3() -> Case {
    pool(49, "pool 1×3", [2, 6], window([1, 3], [1, 3], [0; 4]))
}

/// Windows cut by padding.
pub fn pool_padded() -> Case {
    pool(50, "padded pool", [3, 3], window([2, 2], [2, 2], [1, 1, 0, 0]))
}

/// A function of a pool's output.
pub fn pool_then_table() -> Case {
    let mut g = GraphBuilder::new(51);
    let x = g.input(&[1, 1, 4, 2], 4);
    let m = g.max_pool(x, window([2, 1], [2, 1], [0; 4]));
    let s = g.square(m);
    g.output(s);
    Case::new("pool then table", g)
}

fn arg_max(name: &'static str, bits: u32, values: [i64; 12], select_last: bool) -> Case {
    let mut g = GraphBuilder::new(52);
    let x = g.input_values(&[3, 4], signed(bits), &values);
    let i = g.arg_max(x, 1, select_last);
    g.output(i);
    Case::new(name, g)
}

/// Ties; the first wins.
pub fn arg_max_first() -> Case {
    arg_max(
        "arg-max, first",
        4,
        [5, 7, 7, 1, -7, -7, -7, -7, 3, 2, 1, 7],
        false,
    )
}

/// Ties; the last wins.
pub fn arg_max_last() -> Case {
    arg_max("arg-max, last", 4, [5, 7, 7, 1, -7, -7, -7, -7, 3, 2, 1, 7], true)
}

/// Differences of two limbs.
pub fn arg_max_limbs() -> Case {
    arg_max(
        "arg-max, limbs",
        6,
        [-32, 31, 30, 31, 8, 0, 16, -16, 20, 4, -12, -32],
        false,
    )
}

/// Sequences that leave room for claims about every constraint; two limbs if `bits` is 6, one if it is 4.
pub fn arg_max_claims(bits: u32) -> Case {
    let third = if bits == 6 { [2, 10, 2, -6] } else { [2, 6, 2, -6] };
    let mut g = GraphBuilder::new(54);
    let x = g.input_values(
        &[3, 4],
        signed(bits),
        &[[3, 5, 5, 1], [5, 4, 5, 0], third].concat(),
    );
    let i = g.arg_max(x, 1, false);
    g.output(i);
    Case::new("arg-max, claims", g)
}

/// Sequences along an axis that is not the last one, of a tensor that a layer made.
pub fn arg_max_inner_axis() -> Case {
    let mut g = GraphBuilder::new(53);
    let x = g.input(&[3, 2], 4);
    let y = g.linear(x, 2, 4);
    let i = g.arg_max(y, 0, false);
    g.output(i);
    Case::new("arg-max, inner axis", g)
}
