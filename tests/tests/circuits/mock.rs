//! Small graphs of every operation, checked by halo2's MockProver.

use crate::{graph_of, padded, square_table};
use hallmark_circuits::{ModelCircuit, Plan, PlanOptions, Witness};
use hallmark_model::QOp;
use hallmark_model::ops::integer::{Affine, ArgMax, Concat, Linear, Pad, Scale, Slice, Transpose};
use hallmark_tests::graph_builder::{ConvShape, GraphBuilder, signed, window};
use halo2_proofs::dev::MockProver;
use std::sync::Arc;

fn check(graph: GraphBuilder) {
    let (graph, trace) = graph.finish();
    let plan = Arc::new(Plan::new(graph, &PlanOptions::default()).unwrap());
    let witness = Arc::new(Witness::new(&plan, &trace, [7; 32]).unwrap());
    let circuit = ModelCircuit::prove(Arc::clone(&plan), Arc::clone(&witness));
    let prover = MockProver::run(plan.k(), &circuit, witness.instances().to_vec()).unwrap();
    prover.assert_satisfied();
}

#[test]
fn one_linear_layer() {
    let mut g = graph_of(1);
    let x = g.input(&[1, 6], 8);
    let y = g.linear(x, 5, 8);
    g.output(y);
    check(g);
}

#[test]
fn a_relu_network() {
    let mut g = graph_of(2);
    let x = g.input(&[1, 6], 8);
    let y = g.linear(x, 9, 8);
    let a = g.relu(y);
    let z = g.linear(a, 3, 16);
    g.output(z);
    check(g);
}

#[test]
fn a_convolution_with_a_pool() {
    let mut g = graph_of(3);
    let x = g.input(&[1, 2, 8, 8], 8);
    let y = g.conv(x, padded(3, [3, 3]), 8);
    let m = g.max_pool(y, window([2, 2], [2, 2], [[0; 2]; 2]));
    let a = g.relu(m);
    let f = g.reshape(a, &[1, 48]);
    let z = g.linear(f, 4, 12);
    g.output(z);
    check(g);
}

#[test]
fn strided_dilated_grouped_convolutions() {
    for (strides, pads, dilations, groups) in [
        ([2, 1], [[0, 1], [1, 0]], [1, 1], 1),
        ([2, 2], [[1, 1], [1, 1]], [2, 1], 2),
        ([1, 3], [[2, 0], [0, 2]], [1, 2], 4),
    ] {
        let mut g = graph_of(4);
        let x = g.input(&[2, 4, 7, 9], 8);
        let y = g.conv(
            x,
            ConvShape {
                strides,
                pads,
                dilations,
                groups,
                ..ConvShape::plain(4, [3, 2])
            },
            10,
        );
        g.output(y);
        check(g);
    }
}

#[test]
fn matrices_with_several_rows() {
    let mut g = graph_of(5);
    let x = g.input(&[3, 4], 8);
    let y = g.linear(x, 5, 8);
    let t = g.node(QOp::Transpose(Transpose { perm: vec![1, 0] }), &[y], &[5, 3]);
    let p = g.node(QOp::MatMul, &[y, t], &[3, 3]);
    let z = g.requantize(p, 12);
    g.output(z);
    check(g);
}

#[test]
fn elementwise_products_and_functions() {
    let mut g = graph_of(6);
    let x = g.input(&[2, 5], 8);
    let s = square_table(&mut g, x);
    let row = g.node(
        QOp::Slice(Slice {
            axes: vec![
                hallmark_model::SliceAxis {
                    start: 1,
                    step: -1,
                    len: 1,
                },
                hallmark_model::SliceAxis {
                    start: 0,
                    step: 1,
                    len: 5,
                },
            ],
        }),
        &[s],
        &[1, 5],
    );
    let p = g.node(QOp::Mul, &[x, row], &[2, 5]);
    let z = g.requantize(p, 8);
    g.output(z);
    check(g);
}

#[test]
fn sums_pads_and_joins() {
    let mut g = graph_of(7);
    let x = g.input(&[1, 2, 4, 4], 8);
    let padded = g.node(
        QOp::Pad(Pad {
            pads: vec![(0, 0), (0, 0), (1, 0), (0, 2)],
            value: 5,
        }),
        &[x],
        &[1, 2, 5, 6],
    );
    let summed = g.sum_pool(padded, window([2, 2], [1, 2], [[0; 2]; 2]));
    let a = g.requantize(summed, 8);
    let both = g.node(QOp::Concat(Concat { axis: 1 }), &[a, a], &[1, 4, 4, 3]);
    let constant = ndarray::ArrayD::from_shape_fn(vec![4, 1, 1], |i| i[0] as i64 * 3 - 4);
    let affine = g.node(
        QOp::Affine(Affine {
            coefficients: vec![3, -2],
            constant: Some(constant),
        }),
        &[both, both],
        &[1, 4, 4, 3],
    );
    let factor = ndarray::ArrayD::from_shape_fn(vec![4, 1, 1], |i| [2, -3, 2, 5][i[0]]);
    let scaled = g.node(QOp::Scale(Scale { factor }), &[affine], &[1, 4, 4, 3]);
    let z = g.requantize(scaled, 8);
    g.output(z);
    check(g);
}

#[test]
fn overlapping_and_large_pools() {
    for (kernel, strides) in [
        ([3, 3], [1, 2]),
        ([2, 2], [1, 1]),
        ([5, 5], [5, 5]),
        ([1, 3], [1, 3]),
    ] {
        let mut g = graph_of(8);
        let x = g.input(&[1, 2, 11, 10], 8);
        let y = g.conv(x, ConvShape::plain(2, [1, 1]), 8);
        let m = g.max_pool(y, window(kernel, strides, [[0; 2]; 2]));
        g.output(m);
        check(g);
    }
}

#[test]
fn arg_max_with_ties() {
    for select_last in [false, true] {
        let mut g = graph_of(9);
        let x = g.input_values(&[3, 4], signed(8), &[5, 9, 9, 1, -7, -7, -7, -7, 3, 2, 1, 127]);
        let i = g.node(QOp::ArgMax(ArgMax { axis: 1, select_last }), &[x], &[3]);
        g.output(i);
        check(g);
    }
}

#[test]
fn a_product_with_a_constant_before_it_is_rounded() {
    let mut g = graph_of(10);
    let x = g.input(&[3, 4], 8);
    let t = g.node(QOp::Transpose(Transpose { perm: vec![1, 0] }), &[x], &[4, 3]);
    let p = g.node(QOp::MatMul, &[x, t], &[3, 3]);
    let constant = ndarray::ArrayD::from_shape_fn(vec![3], |i| i[0] as i64 * 500 - 700);
    let biased = g.node(
        QOp::Affine(Affine {
            coefficients: vec![1],
            constant: Some(constant),
        }),
        &[p],
        &[3, 3],
    );
    let z = g.requantize(biased, 12);
    g.output(z);
    check(g);
}

/// The remainders lie as the rounded tensor does, whatever else reads the accumulator.
#[test]
fn an_accumulator_that_something_else_reads_first() {
    let mut g = graph_of(11);
    let x = g.input(&[3, 4], 8);
    let weight = ndarray::ArrayD::from_shape_fn(vec![4, 5], |i| (i[0] * 7 + i[1] * 3) as i64 % 11 - 5);
    let acc = g.node(
        QOp::Linear(Linear {
            weight,
            bias: vec![1, 20, 300, -4000, 50],
        }),
        &[x],
        &[3, 5],
    );
    g.reshape(acc, &[15]);
    let z = g.requantize(acc, 12);
    g.output(z);
    check(g);
}

#[test]
fn arg_max_of_a_constant() {
    let mut g = graph_of(12);
    let x = g.input(&[1, 4], 4);
    let c = g.lookup(x, "five", |_| 5);
    let i = g.node(
        QOp::ArgMax(ArgMax {
            axis: 1,
            select_last: false,
        }),
        &[c],
        &[1],
    );
    g.output(i);
    check(g);
}

#[test]
fn many_different_constants() {
    let mut g = graph_of(13);
    let x = g.input(&[1, 40], 8);
    let constant = ndarray::ArrayD::from_shape_fn(vec![1, 40], |i| (i[1] as i64 * 37) % 41 - 20);
    let affine = g.node(
        QOp::Affine(Affine {
            coefficients: vec![3],
            constant: Some(constant),
        }),
        &[x],
        &[1, 40],
    );
    let z = g.requantize(affine, 8);
    g.output(z);
    check(g);
}

#[test]
fn arg_max_of_wide_values_is_planned() {
    let mut g = graph_of(14);
    let x = g.input(&[1, 6], 12);
    let i = g.node(
        QOp::ArgMax(ArgMax {
            axis: 1,
            select_last: false,
        }),
        &[x],
        &[1],
    );
    g.output(i);
    check(g);
}
