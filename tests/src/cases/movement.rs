//! Data movement, sums, constants.

use super::{Case, Make, NARROW};
use crate::graph_builder::{GraphBuilder, window};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::{Affine, Concat, Pad, Scale};
use ndarray::ArrayD;

/// All of this family.
pub const ALL: &[Make] = &[sums, joins, moved_outputs, constants, several_tables];

/// Padding by a constant, sum-pool, rounding.
pub fn sums() -> Case {
    let mut g = GraphBuilder::new(61);
    let x = g.input(&[1, 1, 3, 3], 4);
    let pads = vec![(0, 0), (0, 0), (1, 0), (0, 2)];
    let padded = g.node(QOp::Pad(Pad { pads, value: 5 }), &[x], &[1, 1, 4, 5]);
    let summed = g.sum_pool(padded, window([2, 2], [1, 2], [0; 4]));
    let z = g.requantize(summed, 4);
    g.output(z);
    Case::new("sums", g)
}

/// Concatenation, affine combination with a constant, scaling.
pub fn joins() -> Case {
    let mut g = GraphBuilder::new(62);
    let x = g.input(&[2, 3], 4);
    let y = g.linear(x, 3, 4);
    let upside_down = g.slice(y, &[(1, -1, 2), (0, 1, 3)]);
    let both = g.node(QOp::Concat(Concat { axis: 0 }), &[upside_down, y], &[4, 3]);
    let constant = ArrayD::from_shape_fn(vec![4, 1], |i| [3, 0, -4, 3][i[0]]);
    let op = QOp::Affine(Affine {
        coefficients: vec![3, -2],
        constant: Some(constant),
    });
    let affine = g.node(op, &[both, both], &[4, 3]);
    let factor = ArrayD::from_shape_fn(vec![4, 1], |i| [2, -3, 0, 5][i[0]]);
    let scaled = g.node(QOp::Scale(Scale { factor }), &[affine], &[4, 3]);
    let z = g.requantize(scaled, 4);
    g.output(z);
    Case::with(
        "joins",
        g,
        Widths {
            instance: 2,
            ..NARROW
        },
    )
}

/// Outputs that are rearrangements and combinations of inputs.
pub fn moved_outputs() -> Case {
    let mut g = GraphBuilder::new(63);
    let x = g.input(&[2, 3], 4);
    let y = g.input(&[3, 1], 6);
    let t = g.transpose(x, &[1, 0]);
    let s = g.slice(t, &[(2, -2, 2), (0, 1, 2)]);
    let d = g.node(
        QOp::Affine(Affine {
            coefficients: vec![1, -1],
            constant: None,
        }),
        &[t, y],
        &[3, 2],
    );
    let d = g.requantize_from(d, 8, 0);
    g.output(t);
    g.output(s);
    g.output(d);
    Case::with(
        "moved outputs",
        g,
        Widths {
            instance: 2,
            ..NARROW
        },
    )
}

/// Constants in an output that nothing rounds.
pub fn constants() -> Case {
    let mut g = GraphBuilder::new(64);
    let x = g.input(&[2], 4);
    let padded = g.node(
        QOp::Pad(Pad {
            pads: vec![(1, 2)],
            value: -3,
        }),
        &[x],
        &[5],
    );
    g.output(padded);
    Case::new("constants", g)
}

/// More table rows than circuit rows, with more than three table sets.
pub fn several_tables() -> Case {
    let mut g = GraphBuilder::new(65);
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
