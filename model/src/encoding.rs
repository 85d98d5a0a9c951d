//! The canonical encoding of an integer graph, and its digest.
//!
//! Little-endian throughout. Lengths and indices are `u64`, signed numbers `i64` (scales too). A list is its
//! length and its items; a string is the list of its UTF-8 bytes. The layout is in `docs/semantics.md`.

use crate::graph::Window;
use crate::shape::View;
use crate::{IntTensor, QOp, QuantizedGraph};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"HALLMARK";
const VERSION: u64 = 1;

/// Receives the encoding piece by piece, so that a digest needs no copy of the weights.
trait Sink {
    fn bytes(&mut self, bytes: &[u8]);

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }
    fn integer(&mut self, integer: i64) {
        self.bytes(&integer.to_le_bytes());
    }
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes(text.as_bytes());
    }
    fn numbers(&mut self, numbers: &[usize]) {
        self.number(numbers.len());
        numbers.iter().for_each(|&n| self.number(n));
    }
    fn integers(&mut self, integers: &[i64]) {
        self.number(integers.len());
        for chunk in integers.chunks(1024) {
            let bytes: Vec<u8> = chunk.iter().flat_map(|i| i.to_le_bytes()).collect();
            self.bytes(&bytes);
        }
    }
    fn tensor(&mut self, tensor: &IntTensor) {
        self.numbers(tensor.shape());
        self.integers(&View::contents(tensor));
    }
    fn window(&mut self, window: &Window) {
        for fields in [
            &window.kernel[..],
            &window.strides,
            &window.pads,
            &window.dilations,
        ] {
            fields.iter().for_each(|&n| self.number(n));
        }
    }
}

impl Sink for Vec<u8> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for Sha256 {
    fn bytes(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// Operator tags are part of the format: they are never reused.
fn encode_op(op: &QOp, sink: &mut impl Sink) {
    match op {
        QOp::Conv {
            weight,
            bias,
            window,
            groups,
        } => {
            sink.number(1);
            sink.tensor(weight);
            sink.integers(bias);
            sink.window(window);
            sink.number(*groups);
        }
        QOp::Linear { weight, bias } => {
            sink.number(2);
            sink.tensor(weight);
            sink.integers(bias);
        }
        QOp::MatMul => sink.number(3),
        QOp::Affine {
            coefficients,
            constant,
        } => {
            sink.number(4);
            sink.integers(coefficients);
            sink.number(usize::from(constant.is_some()));
            constant.iter().for_each(|c| sink.tensor(c));
        }
        QOp::Scale { factor } => {
            sink.number(5);
            sink.tensor(factor);
        }
        QOp::Mul => sink.number(6),
        QOp::SumPool { window } => {
            sink.number(7);
            sink.window(window);
        }
        QOp::Requantize { shift } => {
            sink.number(8);
            sink.number(*shift as usize);
        }
        QOp::Lookup { function, table } => {
            sink.number(9);
            sink.text(function);
            sink.integers(table);
        }
        QOp::MaxPool { window } => {
            sink.number(10);
            sink.window(window);
        }
        QOp::ArgMax { axis, select_last } => {
            sink.number(11);
            sink.number(*axis);
            sink.number(usize::from(*select_last));
        }
        QOp::Reshape => sink.number(12),
        QOp::Transpose { perm } => {
            sink.number(13);
            sink.numbers(perm);
        }
        QOp::Concat { axis } => {
            sink.number(14);
            sink.number(*axis);
        }
        QOp::Slice { axes } => {
            sink.number(15);
            sink.number(axes.len());
            for axis in axes {
                sink.number(axis.start);
                sink.integer(axis.step as i64);
                sink.number(axis.len);
            }
        }
        QOp::Pad { pads, value } => {
            sink.number(16);
            sink.number(pads.len());
            for &(before, after) in pads {
                sink.number(before);
                sink.number(after);
            }
            sink.integer(*value);
        }
    }
}

impl QuantizedGraph {
    fn encode(&self, sink: &mut impl Sink) {
        sink.bytes(MAGIC);
        sink.number(VERSION as usize);
        sink.text(&self.name);
        sink.number(self.tensors.len());
        for tensor in &self.tensors {
            sink.text(&tensor.name);
            sink.numbers(&tensor.shape);
            sink.integer(tensor.scale_bits.into());
            sink.integer(tensor.interval.0);
            sink.integer(tensor.interval.1);
        }
        sink.number(self.nodes.len());
        for node in &self.nodes {
            sink.text(&node.name);
            encode_op(&node.op, sink);
            sink.numbers(&node.inputs.iter().map(|id| id.0).collect::<Vec<_>>());
            sink.number(node.output.0);
        }
        for ids in [&self.inputs, &self.outputs] {
            sink.numbers(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        }
    }

    /// The canonical encoding: equal graphs have equal bytes, different graphs different ones.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        bytes
    }

    /// SHA-256 of [`QuantizedGraph::canonical_bytes`].
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        self.encode(&mut hash);
        hash.finalize().into()
    }

    /// Number of constants of the model: weights, biases, factors and added constants (tables are none).
    pub fn parameters(&self) -> usize {
        let count = |op: &QOp| match op {
            QOp::Conv { weight, bias, .. } | QOp::Linear { weight, bias } => weight.len() + bias.len(),
            QOp::Affine {
                constant: Some(constant),
                ..
            } => constant.len(),
            QOp::Scale { factor } => factor.len(),
            _ => 0,
        };
        self.nodes.iter().map(|node| count(&node.op)).sum()
    }
}
