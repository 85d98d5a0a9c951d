//! Linear layers, matrix products and element-wise products.

use super::{Case, Make, NARROW};
use crate::graph_builder::{GraphBuilder, signed};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Affine;

/// All of this family.
pub const ALL: &[Make] = &[
    one_row,
    one_row_without_bias,
    two_layers,
    several_rows,
    evaluated_columns,
    fewer_rows,
    exact,
    two_factors,
    batches,
    products,
    one_limb,
];

/// One row, more columns than weight lanes, bias, input in two limbs, remainder in two limbs.
pub fn one_row() -> Case {
    let mut g = GraphBuilder::new(1);
    g.weight_bits = 5;
    let x = g.input(&[1, 4], 6);
    let y = g.linear(x, 5, 4);
    g.output(y);
    Case::new("one row", g)
}

/// One row, bias zero, output of several limbs, two instance columns.
pub fn one_row_without_bias() -> Case {
    let mut g = GraphBuilder::new(2);
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
    let mut g = GraphBuilder::new(3);
    let x = g.input(&[1, 3], 4);
    let y = g.linear(x, 4, 4);
    let z = g.linear(y, 2, 4);
    g.output(y);
    g.output(z);
    Case::new("two layers", g)
}

/// Several rows.
pub fn several_rows() -> Case {
    let mut g = GraphBuilder::new(4);
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

/// A product of three rows, one of two of them: not all columns of operands have elements everywhere.
pub fn fewer_rows() -> Case {
    let mut g = GraphBuilder::new(10);
    let x = g.input(&[3, 3], 4);
    let y = g.linear(x, 4, 4);
    let rows = g.slice(y, &[(1, 1, 2), (0, 1, 4)]);
    let z = g.linear(rows, 2, 4);
    g.output(y);
    g.output(z);
    Case::new("fewer rows", g)
}

/// Shift 0: the bias is a constant of the identity.
pub fn exact() -> Case {
    let mut g = GraphBuilder::new(5);
    let x = g.input(&[2, 2], 3);
    let y = g.product(x, 3);
    let y = g.requantize_from(y, 7, 0);
    let row = g.slice(y, &[(1, 1, 1), (0, 1, 3)]);
    let z = g.product(row, 2);
    let z = g.requantize_from(z, 11, 0);
    g.output(z);
    Case::new("exact", g)
}

/// A matrix times its own transpose.
pub fn two_factors() -> Case {
    let mut g = GraphBuilder::new(6);
    let x = g.input(&[2, 3], 4);
    let y = g.linear(x, 3, 4);
    let t = g.transpose(y, &[1, 0]);
    let p = g.node(QOp::MatMul, &[y, t], &[2, 2]);
    let z = g.requantize(p, 4);
    g.output(z);
    Case::new("two factors", g)
}

/// Batches of matrices, one side broadcast; two inputs.
pub fn batches() -> Case {
    let mut g = GraphBuilder::new(7);
    let a = g.input(&[2, 2, 2], 4);
    let b = g.input(&[2, 3], 4);
    let p = g.node(QOp::MatMul, &[a, b], &[2, 2, 3]);
    let z = g.requantize(p, 4);
    g.output(z);
    Case::with(
        "batches",
        g,
        Widths {
            instance: 3,
            ..NARROW
        },
    )
}

/// Element-wise products with broadcasting, of a tensor with another and with itself.
pub fn products() -> Case {
    let mut g = GraphBuilder::new(8);
    // No zeros: there a square has no slope, and tests/rank.rs looks at slopes.
    let x = g.input_values(&[2, 3], signed(4), &[5, -6, 7, 4, 7, -3]);
    let row = g.slice(x, &[(1, -1, 1), (0, 1, 3)]);
    let p = g.node(QOp::Mul, &[x, row], &[2, 3]);
    let z = g.requantize(p, 4);
    let q = g.node(QOp::Mul, &[z, z], &[2, 3]);
    let w = g.requantize_from(q, 7, 0);
    g.output(w);
    Case::new("products", g)
}

/// Everything in one limb; an interval that does not start at a power of two.
pub fn one_limb() -> Case {
    let mut g = GraphBuilder::new(9);
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
