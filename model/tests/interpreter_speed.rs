//! The interpreter's speed on the sizes of the benchmark models (an upper bound with much room, so that a busy
//! machine does not fail it), and that it is exact at full width.

// Everything here is test code, also outside the test functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use hallmark_model::ops::integer::{IntConv, Linear, MaxPool, Requantize, Scale};
use hallmark_model::{ElementKind, IntTensor, QNode, QOp, QTensor, QuantizedGraph, TensorId, Window};
use ndarray::IxDyn;
use std::time::Instant;

fn numbers(count: usize, bound: i64) -> Vec<i64> {
    let mut state = 88172645463325252u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as i64 % bound
    };
    (0..count).map(|_| next()).collect()
}

fn tensor(shape: &[usize], bound: i64) -> IntTensor {
    IntTensor::from_shape_vec(IxDyn(shape), numbers(shape.iter().product(), bound)).unwrap()
}

struct Builder(QuantizedGraph);

impl Builder {
    fn new(shape: &[usize]) -> Self {
        let mut builder = Builder(QuantizedGraph::default());
        let id = builder.tensor(shape, 0, (-2048, 2047));
        builder.0.inputs.push(id);
        builder
    }
    fn tensor(&mut self, shape: &[usize], scale_bits: i32, interval: (i64, i64)) -> TensorId {
        let name = format!("t{}", self.0.tensors.len());
        self.0.tensors.push(QTensor {
            name,
            shape: shape.to_vec(),
            kind: ElementKind::real(scale_bits),
            interval,
        });
        TensorId(self.0.tensors.len() - 1)
    }
    fn layer(&mut self, op: QOp, interval: (i64, i64), scale_bits: i32) {
        let input = TensorId(self.0.tensors.len() - 1);
        let shape = op.output_shape(&[&self.0.tensors[input.0].shape]).unwrap();
        let derived = op.interval(&[&self.0.tensors[input.0]]).unwrap();
        let interval = derived.unwrap_or(interval);
        let output = self.tensor(&shape, scale_bits, interval);
        self.0.nodes.push(QNode {
            name: format!("n{}", output.0),
            op,
            inputs: vec![input],
            outputs: vec![output],
        });
    }
    fn finish(mut self) -> QuantizedGraph {
        self.0.outputs.push(TensorId(self.0.tensors.len() - 1));
        self.0
    }
}

const WIDE: (i64, i64) = (-(1 << 50), 1 << 50);

fn time(graph: &QuantizedGraph, name: &str, limit_ms: u128) {
    let input = tensor(&graph.tensors[0].shape, 2000);
    graph.run(std::slice::from_ref(&input)).unwrap();
    let best = (0..5)
        .map(|_| {
            let start = Instant::now();
            graph.run(std::slice::from_ref(&input)).unwrap();
            start.elapsed().as_micros()
        })
        .min()
        .unwrap();
    let start = Instant::now();
    graph.validate().unwrap();
    println!(
        "{name}: {best} µs, of which validation {} µs",
        start.elapsed().as_micros()
    );
    assert!(best < limit_ms * 1000, "{name} took {best} µs");
}

#[test]
fn the_four_million_parameter_perceptron_is_fast() {
    let mut builder = Builder::new(&[1, 4]);
    let widths = [4, 1024, 1024, 1024, 1024, 1024, 3];
    for pair in widths.windows(2) {
        let weight = tensor(&[pair[0], pair[1]], 2048);
        builder.layer(
            QOp::Linear(Linear {
                weight,
                bias: vec![1; pair[1]],
            }),
            WIDE,
            0,
        );
        builder.layer(
            QOp::Requantize(Requantize { shift: 18 }),
            (-(1 << 15), (1 << 15) - 1),
            -18,
        );
        // Back to scale 0, so that all layers are alike.
        builder.layer(
            QOp::Scale(Scale {
                factor: tensor(&[], 1).mapv(|_| 1),
            }),
            (-(1 << 15), (1 << 15) - 1),
            0,
        );
    }
    time(&builder.finish(), "mlp_4m", 250);
}

#[test]
fn the_quarter_million_parameter_network_is_fast() {
    let window = Window::of(&[5, 5]);
    let pool = Window::new([2, 2], [2, 2], [[0; 2]; 2], [1, 1]);
    let mut builder = Builder::new(&[1, 3, 32, 32]);
    for (inputs, outputs) in [(3, 16), (16, 32)] {
        let weight = tensor(&[outputs, inputs, 5, 5], 2048);
        builder.layer(
            QOp::Conv(IntConv {
                weight,
                bias: vec![5; outputs],
                window: window.clone(),
                groups: 1,
            }),
            WIDE,
            0,
        );
        builder.layer(
            QOp::Requantize(Requantize { shift: 16 }),
            (-(1 << 15), (1 << 15) - 1),
            -16,
        );
        builder.layer(
            QOp::MaxPool(MaxPool { window: pool.clone() }),
            (-(1 << 15), (1 << 15) - 1),
            -16,
        );
    }
    time(&builder.finish(), "cnn_264k", 250);
}
