//! Long chains of one operation, for what has to grow with the number of nodes and no faster.

use crate::graph_builder::{GraphBuilder, signed, window};
use hallmark_model::ops::float::{FloatConv, MaxPool};
use hallmark_model::ops::integer::{Affine, Concat, Pad};
use hallmark_model::{
    Activation, ElementKind, FloatTensor, Graph, Node, Op, QOp, QuantizedGraph, TensorId, Value, ValueId,
    Window,
};
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;

/// Builds a chain of `length` operations on one element.
#[must_use]
pub fn chain(length: usize, make: impl Fn(&mut GraphBuilder, TensorId) -> TensorId) -> Arc<QuantizedGraph> {
    let mut g = GraphBuilder::new(10);
    let mut x = g.input_values(&[1, 1, 1, 1], signed(3), &[1]);
    for _ in 0..length {
        x = make(&mut g, x);
    }
    g.output(x);
    g.finish().0
}

/// Elements of a row of [`layers`] and [`recurrent`].
const WIDTH: usize = 4;

/// A matrix product with weights of its own, rounded by `shift` bits to `bits` bits; the scale stays.
fn dense(g: &mut GraphBuilder, x: TensorId, shift: u32, bits: u32) -> TensorId {
    let y = g.product(x, WIDTH);
    let scale = g.graph.tensors[x.0].kind.scale_bits().unwrap();
    g.graph.tensors[y.0].kind = ElementKind::real(scale + shift as i32);
    g.requantize_by(y, bits, shift)
}

/// A network of `length` nodes: matrix products with ReLUs.
#[must_use]
pub fn layers(length: usize) -> Arc<QuantizedGraph> {
    let mut g = GraphBuilder::new(11);
    let mut x = g.input(&[1, WIDTH], 7);
    for _ in 0..length / 3 {
        let sums = dense(&mut g, x, 5, 7);
        x = g.relu(sums);
    }
    g.output(x);
    g.finish().0
}

/// A recurrent network of `length` nodes, unrolled: in every step a row of the input beside the state, a matrix product, a function
/// and a sum.
#[must_use]
pub fn recurrent(length: usize) -> Arc<QuantizedGraph> {
    let steps = length / 6;
    let mut g = GraphBuilder::new(12);
    let rows = g.input(&[steps, WIDTH], 6);
    let mut state = g.input(&[1, WIDTH], 6);
    for step in 0..steps {
        let row = g.slice(rows, &[(step, 1, 1), (0, 1, WIDTH)]);
        let both = g.node(QOp::Concat(Concat { axis: 1 }), &[row, state], &[1, 2 * WIDTH]);
        let sums = dense(&mut g, both, 4, 9);
        let bounded = g.lookup(sums, "bounded", |v| v.clamp(-31, 31));
        let sum = QOp::Affine(Affine {
            coefficients: vec![1, 1],
            constant: None,
        });
        state = g.node(sum, &[bounded, row], &[1, WIDTH]);
    }
    g.output(state);
    g.finish().0
}

/// A float graph of `length` nodes and a sample of its input: convolutions with terms, ReLUs and max-pools of one element, each pool
/// also an output. Quantisation merges every term into its convolution, and moves every pool before its ReLU.
#[must_use]
pub fn convolutions(length: usize) -> (Graph, Vec<FloatTensor>) {
    let mut g = Graph::default();
    let value = |g: &mut Graph, name: String, shape: &[usize], content: Option<f32>| {
        g.values.push(Value {
            name,
            shape: shape.to_vec(),
            constant: content.map(|x| ArrayD::from_elem(IxDyn(shape), x)),
            whole: None,
        });
        ValueId(g.values.len() - 1)
    };
    let mut x = value(&mut g, "x".to_owned(), &[1, 1, 1, 1], None);
    g.inputs.push(x);
    let weight = value(&mut g, "weight".to_owned(), &[1, 1, 1, 1], Some(1.0));
    let term = value(&mut g, "term".to_owned(), &[1], Some(0.125));
    let window = || Window::of(&[1, 1]);
    for block in 0..length / 4 {
        let ops = [
            (
                Op::Conv(FloatConv {
                    window: window(),
                    groups: 1,
                }),
                Some(weight),
            ),
            (Op::Add, Some(term)),
            (Op::Activation(Activation::RELU), None),
            (Op::MaxPool(MaxPool { window: window() }), None),
        ];
        for (op, constant) in ops {
            let name = format!("{}{block}", op.name());
            let output = value(&mut g, name.clone(), &[1, 1, 1, 1], None);
            g.nodes.push(Node {
                name,
                op,
                inputs: [Some(x), constant].into_iter().flatten().collect(),
                outputs: vec![output],
            });
            x = output;
        }
        g.outputs.push(x);
    }
    (g, vec![ArrayD::from_elem(IxDyn(&[1, 1, 1, 1]), 1.0)])
}

/// What adds an operation to the end of a chain.
pub type Link = fn(&mut GraphBuilder, TensorId) -> TensorId;

/// Operations that can be chained as often as one likes.
pub const LINKS: [(&str, Link); 8] = [
    ("reshape", |g, x| g.reshape(x, &[1, 1, 1, 1])),
    ("transpose", |g, x| g.transpose(x, &[0, 1, 3, 2])),
    ("max-pool", |g, x| {
        g.max_pool(x, window([1, 1], [1, 1], [[0; 2]; 2]))
    }),
    ("sum-pool", |g, x| {
        g.sum_pool(x, window([1, 1], [1, 1], [[0; 2]; 2]))
    }),
    ("affine", |g, x| {
        let op = QOp::Affine(Affine {
            coefficients: vec![-1],
            constant: None,
        });
        g.node(op, &[x], &[1, 1, 1, 1])
    }),
    ("concat and slice", |g, x| {
        let both = g.node(QOp::Concat(Concat { axis: 1 }), &[x, x], &[1, 2, 1, 1]);
        g.slice(both, &[(0, 1, 1), (1, 1, 1), (0, 1, 1), (0, 1, 1)])
    }),
    ("pad and slice", |g, x| {
        let op = QOp::Pad(Pad {
            pads: vec![(0, 0), (1, 0), (0, 0), (0, 0)],
            value: 0,
        });
        let both = g.node(op, &[x], &[1, 2, 1, 1]);
        g.slice(both, &[(0, 1, 1), (1, 1, 1), (0, 1, 1), (0, 1, 1)])
    }),
    ("relu", |g, x| g.lookup(x, "relu", |v| v.max(0))),
];
