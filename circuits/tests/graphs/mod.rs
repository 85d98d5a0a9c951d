//! Builds small random quantised graphs together with an execution.
#![allow(dead_code, clippy::unwrap_used)]

use hallmark_model::ops::integer::{IntConv, Linear, Lookup, MaxPool, Requantize, SumPool};
use hallmark_model::{ElementKind, IntTensor, QNode, QOp, QTensor, QuantizedGraph, TensorId, Trace, Window};
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;

/// A graph under construction; intervals follow from the execution.
pub struct GraphBuilder {
    graph: QuantizedGraph,
    inputs: Vec<IntTensor>,
    seed: u64,
}

impl GraphBuilder {
    pub fn new(seed: u64) -> Self {
        let graph = QuantizedGraph {
            name: format!("test {seed}"),
            ..QuantizedGraph::default()
        };
        Self {
            graph,
            inputs: Vec::new(),
            seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    fn random(&mut self, bits: u32) -> i64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 20) as i64 % (1 << bits) - (1 << (bits - 1))
    }

    fn tensor(&mut self, shape: &[usize], interval: (i64, i64)) -> TensorId {
        let id = TensorId(self.graph.tensors.len());
        let name = format!("t{}", id.0);
        self.graph.tensors.push(QTensor {
            name,
            shape: shape.to_vec(),
            kind: ElementKind::real(0),
            interval,
        });
        id
    }

    pub fn input_values(&mut self, shape: &[usize], bits: u32, values: &[i64]) -> TensorId {
        let id = self.tensor(shape, (-(1 << (bits - 1)), (1 << (bits - 1)) - 1));
        self.graph.inputs.push(id);
        self.inputs
            .push(ArrayD::from_shape_vec(IxDyn(shape), values.to_vec()).unwrap());
        id
    }

    pub fn input(&mut self, shape: &[usize], bits: u32) -> TensorId {
        let values: Vec<i64> = (0..shape.iter().product()).map(|_| self.random(bits)).collect();
        self.input_values(shape, bits, &values)
    }

    fn last(&self) -> (i64, i64) {
        let mut graph = self.graph.clone();
        graph.outputs = vec![TensorId(graph.tensors.len() - 1)];
        let trace = graph.run(&self.inputs).unwrap();
        let values = trace.tensors.last().unwrap();
        (
            values.iter().copied().min().unwrap(),
            values.iter().copied().max().unwrap(),
        )
    }

    pub fn node(&mut self, op: QOp, inputs: &[TensorId], shape: &[usize]) -> TensorId {
        let tensors: Vec<&QTensor> = inputs.iter().map(|t| &self.graph.tensors[t.0]).collect();
        let interval = op.interval(&tensors).unwrap().unwrap();
        let kind = |t: TensorId| self.graph.tensors[t.0].kind;
        let scale = |t: TensorId| kind(t).scale_bits().unwrap_or(0);
        let whole = inputs.iter().all(|t| kind(*t).is_whole());
        let kind = match &op {
            QOp::ArgMax(_) => ElementKind::Integer,
            QOp::Mul | QOp::MatMul if !whole => ElementKind::real(scale(inputs[0]) + scale(inputs[1])),
            QOp::Affine(_) if !whole => ElementKind::real(scale(inputs[0])),
            _ => kind(inputs[0]),
        };
        let output = self.tensor(shape, interval);
        self.graph.tensors[output.0].kind = kind;
        let name = format!("n{}", self.graph.nodes.len());
        self.graph.nodes.push(QNode {
            name,
            op,
            inputs: inputs.to_vec(),
            outputs: vec![output],
        });
        output
    }

    /// Rounds to `bits` bits, with the least shift that fits the execution.
    pub fn requantize(&mut self, x: TensorId, bits: u32) -> TensorId {
        let shape = self.graph.tensors[x.0].shape.clone();
        let interval = (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
        let (low, high) = self.last();
        let mut shift = 1;
        while (low + (1 << (shift - 1))) >> shift < interval.0
            || (high + (1 << (shift - 1))) >> shift > interval.1
        {
            shift += 1;
        }
        let output = self.tensor(&shape, interval);
        let scale = self.graph.tensors[x.0].kind.scale_bits().unwrap();
        self.graph.tensors[output.0].kind = ElementKind::real(scale - shift as i32);
        let name = format!("n{}", self.graph.nodes.len());
        self.graph.nodes.push(QNode {
            name,
            op: QOp::Requantize(Requantize { shift }),
            inputs: vec![x],
            outputs: vec![output],
        });
        output
    }

    /// As [`Self::requantize`], of a tensor that need not be the last one.
    pub fn requantize_of(&mut self, x: TensorId, bits: u32) -> TensorId {
        let mut graph = self.graph.clone();
        graph.outputs = vec![x];
        let trace = graph.run(&self.inputs).unwrap();
        let largest = trace.tensors[x.0].iter().map(|v| v.abs()).max().unwrap();
        let shift = (64 - largest.leading_zeros() + 1).saturating_sub(bits - 1).max(1);
        let (shape, scale) = (
            self.graph.tensors[x.0].shape.clone(),
            self.graph.tensors[x.0].kind.scale_bits().unwrap(),
        );
        let output = self.tensor(&shape, (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1));
        self.graph.tensors[output.0].kind = ElementKind::real(scale - shift as i32);
        let name = format!("n{}", self.graph.nodes.len());
        self.graph.nodes.push(QNode {
            name,
            op: QOp::Requantize(Requantize { shift }),
            inputs: vec![x],
            outputs: vec![output],
        });
        output
    }

    pub fn constant_table(&mut self, x: TensorId) -> TensorId {
        self.lookup(x, "five", |_| 5)
    }

    pub fn linear(&mut self, x: TensorId, columns: usize, bits: u32) -> TensorId {
        let mut shape = self.graph.tensors[x.0].shape.clone();
        let rows = *shape.last().unwrap();
        *shape.last_mut().unwrap() = columns;
        let weight = ArrayD::from_shape_fn(IxDyn(&[rows, columns]), |_| self.random(8));
        let bias = (0..columns).map(|_| self.random(10)).collect();
        let y = self.node(QOp::Linear(Linear { weight, bias }), &[x], &shape);
        self.requantize(y, bits)
    }

    #[allow(clippy::too_many_arguments)]
    pub fn conv(
        &mut self,
        x: TensorId,
        channels: usize,
        kernel: [usize; 2],
        strides: [usize; 2],
        pads: [[usize; 2]; 2],
        dilations: [usize; 2],
        groups: usize,
        bits: u32,
    ) -> TensorId {
        let shape = self.graph.tensors[x.0].shape.clone();
        let size = |axis: usize| {
            let padded = shape[2 + axis] + pads[0][axis] + pads[1][axis];
            (padded - (kernel[axis] - 1) * dilations[axis] - 1) / strides[axis] + 1
        };
        let out = [shape[0], channels, size(0), size(1)];
        let weight = ArrayD::from_shape_fn(
            IxDyn(&[channels, shape[1] / groups, kernel[0], kernel[1]]),
            |_| self.random(8),
        );
        let bias = (0..channels).map(|_| self.random(10)).collect();
        let window = Window::new(kernel, strides, pads, dilations);
        let y = self.node(
            QOp::Conv(IntConv {
                weight,
                bias,
                window,
                groups,
            }),
            &[x],
            &out,
        );
        self.requantize(y, bits)
    }

    fn pooled(&self, x: TensorId, kernel: [usize; 2], strides: [usize; 2]) -> (Window, Vec<usize>) {
        let shape = &self.graph.tensors[x.0].shape;
        let size = |axis: usize| (shape[2 + axis] - kernel[axis]) / strides[axis] + 1;
        let out = vec![shape[0], shape[1], size(0), size(1)];
        (Window::new(kernel, strides, [[0; 2]; 2], [1, 1]), out)
    }

    pub fn max_pool(&mut self, x: TensorId, kernel: [usize; 2], strides: [usize; 2]) -> TensorId {
        let (window, shape) = self.pooled(x, kernel, strides);
        self.node(QOp::MaxPool(MaxPool { window }), &[x], &shape)
    }

    pub fn sum_pool(&mut self, x: TensorId, kernel: [usize; 2], strides: [usize; 2]) -> TensorId {
        let (window, shape) = self.pooled(x, kernel, strides);
        self.node(QOp::SumPool(SumPool { window }), &[x], &shape)
    }

    fn lookup(&mut self, x: TensorId, function: &str, f: impl Fn(i64) -> i64) -> TensorId {
        let info = &self.graph.tensors[x.0];
        let (shape, interval) = (info.shape.clone(), info.interval);
        let table = (interval.0..=interval.1).map(f).collect();
        self.node(
            QOp::Lookup(Lookup {
                function: function.to_owned(),
                table,
            }),
            &[x],
            &shape,
        )
    }

    pub fn relu(&mut self, x: TensorId) -> TensorId {
        self.lookup(x, "relu", |v| v.max(0))
    }

    pub fn square_table(&mut self, x: TensorId) -> TensorId {
        self.lookup(x, "square", |v| v * v / 64 - 11)
    }

    pub fn reshape(&mut self, x: TensorId, shape: &[usize]) -> TensorId {
        self.node(QOp::Reshape, &[x], shape)
    }

    pub fn output(&mut self, x: TensorId) {
        self.graph.outputs.push(x);
    }

    pub fn finish(self) -> (Arc<QuantizedGraph>, Trace) {
        self.graph.validate().unwrap();
        let trace = self.graph.run(&self.inputs).unwrap();
        (Arc::new(self.graph), trace)
    }
}
