//! Builds small quantised graphs together with an execution.

use hallmark_model::ops::integer::{
    ArgMax, IntConv, Linear, Lookup, MaxPool, Requantize, Slice, Split, SumPool, Transpose,
};
use hallmark_model::{
    ElementKind, IntTensor, QNode, QOp, QTensor, QuantizedGraph, SliceAxis, TensorId, Trace, Window,
    WindowAxis,
};
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;

/// A graph under construction with random weights and inputs; intervals follow from the execution.
pub struct GraphBuilder {
    pub(crate) graph: QuantizedGraph,
    inputs: Vec<IntTensor>,
    seed: u64,
    /// Bits of weights (with sign).
    pub weight_bits: u32,
    /// Bits of biases (with sign).
    pub bias_bits: u32,
}

/// Geometry of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape<const N: usize> {
    /// Output channels.
    pub channels: usize,
    /// Length of the kernel along each axis.
    pub kernel: [usize; N],
    /// Strides.
    pub strides: [usize; N],
    /// Before each axis, and after each axis.
    pub pads: [[usize; N]; 2],
    /// Dilations.
    pub dilations: [usize; N],
    /// Channel groups.
    pub groups: usize,
}

impl<const N: usize> ConvShape<N> {
    /// Stride 1, no padding, no dilation, one group.
    pub fn plain(channels: usize, kernel: [usize; N]) -> Self {
        Self {
            channels,
            kernel,
            strides: [1; N],
            pads: [[0; N]; 2],
            dilations: [1; N],
            groups: 1,
        }
    }
}

/// A window without dilation.
pub fn window<const N: usize>(kernel: [usize; N], strides: [usize; N], pads: [[usize; N]; 2]) -> Window {
    Window::new(kernel, strides, pads, [1; N])
}

/// Declares for every tensor the interval that its node's inputs give, after intervals of inputs or of rounded tensors were changed.
pub fn derive_intervals(graph: &mut QuantizedGraph) {
    for node in &graph.nodes {
        let inputs: Vec<&QTensor> = node.inputs.iter().map(|t| &graph.tensors[t.0]).collect();
        let Some(interval) = node.op.interval(&inputs).unwrap() else {
            continue;
        };
        for id in &node.outputs {
            graph.tensors[id.0].interval = interval;
        }
    }
}

/// A signed interval of `bits` bits.
pub fn signed(bits: u32) -> (i64, i64) {
    (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
}

impl GraphBuilder {
    /// An empty graph whose weights and inputs follow from `seed`.
    pub fn new(seed: u64) -> Self {
        let graph = QuantizedGraph {
            name: format!("test {seed}"),
            ..QuantizedGraph::default()
        };
        let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self {
            graph,
            inputs: Vec::new(),
            seed,
            weight_bits: 4,
            bias_bits: 5,
        }
    }

    /// An empty graph whose weights and inputs follow from its name.
    pub fn named(name: &str) -> Self {
        // FNV-1a.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self::new(name.bytes().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// A random integer of `bits` bits with sign.
    pub fn random(&mut self, bits: u32) -> i64 {
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

    /// An input with the given values.
    pub fn input_values(&mut self, shape: &[usize], interval: (i64, i64), values: &[i64]) -> TensorId {
        let id = self.tensor(shape, interval);
        self.graph.inputs.push(id);
        self.inputs
            .push(ArrayD::from_shape_vec(IxDyn(shape), values.to_vec()).unwrap());
        id
    }

    /// An input of the given kind with the given values.
    pub fn input_of(
        &mut self,
        shape: &[usize],
        kind: ElementKind,
        interval: (i64, i64),
        values: &[i64],
    ) -> TensorId {
        let id = self.input_values(shape, interval, values);
        self.graph.tensors[id.0].kind = kind;
        id
    }

    /// An input with random values.
    pub fn input(&mut self, shape: &[usize], bits: u32) -> TensorId {
        let values: Vec<i64> = (0..shape.iter().product()).map(|_| self.random(bits)).collect();
        self.input_values(shape, signed(bits), &values)
    }

    /// Least and greatest value of a tensor in the execution.
    fn range(&self, x: TensorId) -> (i64, i64) {
        let mut graph = self.graph.clone();
        graph.outputs = vec![x];
        let trace = graph.run(&self.inputs).unwrap();
        let values = &trace.tensors[x.0];
        (
            values.iter().copied().min().unwrap(),
            values.iter().copied().max().unwrap(),
        )
    }

    /// The shape of a tensor.
    pub fn shape(&self, x: TensorId) -> Vec<usize> {
        self.graph.tensors[x.0].shape.clone()
    }

    /// Any node.
    pub fn node(&mut self, op: QOp, inputs: &[TensorId], shape: &[usize]) -> TensorId {
        let tensors: Vec<&QTensor> = inputs.iter().map(|t| &self.graph.tensors[t.0]).collect();
        let interval = op.interval(&tensors).unwrap().unwrap();
        let kinds: Vec<ElementKind> = tensors.iter().map(|t| t.kind).collect();
        let kind = output_kind(&op, &kinds);
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

    /// Rounds to `bits` bits, with the least shift (from `least` on) that fits the execution.
    pub fn requantize_from(&mut self, x: TensorId, bits: u32, least: u32) -> TensorId {
        let interval = signed(bits);
        let (low, high) = self.range(x);
        let half = |shift: u32| if shift == 0 { 0 } else { 1 << (shift - 1) };
        let fits = |s: &u32| (low + half(*s)) >> s >= interval.0 && (high + half(*s)) >> s <= interval.1;
        let shift = (least..40).find(fits).unwrap();
        self.requantize_by(x, bits, shift)
    }

    /// Rounds to `bits` bits by a shift that has to fit the execution. Integers that are not shifted stay integers.
    pub fn requantize_by(&mut self, x: TensorId, bits: u32, shift: u32) -> TensorId {
        let shape = self.shape(x);
        let output = self.tensor(&shape, signed(bits));
        let kind = self.graph.tensors[x.0].kind;
        self.graph.tensors[output.0].kind = match kind.is_whole() && shift == 0 {
            true => ElementKind::Integer,
            false => ElementKind::real(kind.scale_bits().unwrap() - shift as i32),
        };
        let name = format!("n{}", self.graph.nodes.len());
        self.graph.nodes.push(QNode {
            name,
            op: QOp::Requantize(Requantize { shift }),
            inputs: vec![x],
            outputs: vec![output],
        });
        output
    }

    /// The quotient rounded down, within an interval that has to fit the execution. Quotients of integers are integers.
    pub fn floor_div(&mut self, a: TensorId, b: TensorId, interval: (i64, i64)) -> TensorId {
        let shapes = [self.shape(a), self.shape(b)];
        let shape = QOp::FloorDiv.output_shape(&[&shapes[0], &shapes[1]]).unwrap();
        let output = self.tensor(&shape, interval);
        let [a_kind, b_kind] = [a, b].map(|x| self.graph.tensors[x.0].kind);
        self.graph.tensors[output.0].kind = match a_kind.is_whole() && b_kind.is_whole() {
            true => ElementKind::Integer,
            false => ElementKind::real(a_kind.scale_bits().unwrap() - b_kind.scale_bits().unwrap()),
        };
        let name = format!("n{}", self.graph.nodes.len());
        self.graph.nodes.push(QNode {
            name,
            op: QOp::FloorDiv,
            inputs: vec![a, b],
            outputs: vec![output],
        });
        output
    }

    /// The root rounded down, within an interval that has to fit the execution. Roots of integers are integers.
    pub fn isqrt(&mut self, x: TensorId, interval: (i64, i64)) -> TensorId {
        let shape = self.shape(x);
        let output = self.tensor(&shape, interval);
        let kind = self.graph.tensors[x.0].kind;
        self.graph.tensors[output.0].kind = match kind.is_whole() {
            true => ElementKind::Integer,
            false => ElementKind::real(kind.scale_bits().unwrap() / 2),
        };
        let name = format!("n{}", self.graph.nodes.len());
        self.graph.nodes.push(QNode {
            name,
            op: QOp::Isqrt,
            inputs: vec![x],
            outputs: vec![output],
        });
        output
    }

    /// Rounds to `bits` bits by at least one bit.
    pub fn requantize(&mut self, x: TensorId, bits: u32) -> TensorId {
        self.requantize_from(x, bits, 1)
    }

    /// A linear layer without rounding.
    pub fn product(&mut self, x: TensorId, columns: usize) -> TensorId {
        let mut shape = self.shape(x);
        let rows = *shape.last().unwrap();
        *shape.last_mut().unwrap() = columns;
        let bits = self.weight_bits;
        let weight = ArrayD::from_shape_fn(IxDyn(&[rows, columns]), |_| self.random(bits));
        let bits = self.bias_bits;
        let bias = (0..columns).map(|_| self.random(bits)).collect();
        self.node(QOp::Linear(Linear { weight, bias }), &[x], &shape)
    }

    /// A linear layer.
    pub fn linear(&mut self, x: TensorId, columns: usize, bits: u32) -> TensorId {
        let y = self.product(x, columns);
        self.requantize(y, bits)
    }

    /// A convolution.
    pub fn conv<const N: usize>(&mut self, x: TensorId, conv: ConvShape<N>, bits: u32) -> TensorId {
        let y = self.convolved(x, conv);
        self.requantize(y, bits)
    }

    /// A convolution without rounding.
    pub fn convolved<const N: usize>(&mut self, x: TensorId, conv: ConvShape<N>) -> TensorId {
        let shape = self.shape(x);
        let ConvShape {
            channels,
            kernel,
            strides,
            pads,
            dilations,
            groups,
        } = conv;
        let window = Window::new(kernel, strides, pads, dilations);
        let out = [&[shape[0], channels], &positions(&shape, &window)[..]].concat();
        let bits = self.weight_bits;
        let size = [&[channels, shape[1] / groups], &kernel[..]].concat();
        let weight = ArrayD::from_shape_fn(IxDyn(&size), |_| self.random(bits));
        let bits = self.bias_bits;
        let bias = (0..channels).map(|_| self.random(bits)).collect();
        self.node(
            QOp::Conv(IntConv {
                weight,
                bias,
                window,
                groups,
            }),
            &[x],
            &out,
        )
    }

    /// A max-pool.
    pub fn max_pool(&mut self, x: TensorId, window: Window) -> TensorId {
        let shape = self.pooled(x, &window);
        self.node(QOp::MaxPool(MaxPool { window }), &[x], &shape)
    }

    /// A sum-pool.
    pub fn sum_pool(&mut self, x: TensorId, window: Window) -> TensorId {
        let shape = self.pooled(x, &window);
        self.node(QOp::SumPool(SumPool { window }), &[x], &shape)
    }

    fn pooled(&self, x: TensorId, window: &Window) -> Vec<usize> {
        let shape = self.shape(x);
        [&shape[..2], &positions(&shape, window)].concat()
    }

    /// A function by table.
    pub fn lookup(&mut self, x: TensorId, function: &str, f: impl Fn(i64) -> i64) -> TensorId {
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

    /// A table that makes elements of one kind of those of another.
    pub fn lookup_as(
        &mut self,
        x: TensorId,
        function: &str,
        kind: ElementKind,
        f: impl Fn(i64) -> i64,
    ) -> TensorId {
        let y = self.lookup(x, function, f);
        self.graph.tensors[y.0].kind = kind;
        y
    }

    /// ReLU.
    pub fn relu(&mut self, x: TensorId) -> TensorId {
        self.lookup(x, "relu", |v| v.max(0))
    }

    /// A function that is neither monotone nor injective.
    pub fn square(&mut self, x: TensorId) -> TensorId {
        self.lookup(x, "square", |v| v * v / 8 - 3)
    }

    /// The index of the maximum.
    pub fn arg_max(&mut self, x: TensorId, axis: usize, select_last: bool) -> TensorId {
        let mut shape = self.shape(x);
        shape.remove(axis);
        self.node(QOp::ArgMax(ArgMax { axis, select_last }), &[x], &shape)
    }

    /// The same elements in another shape.
    pub fn reshape(&mut self, x: TensorId, shape: &[usize]) -> TensorId {
        self.node(QOp::Reshape, &[x], shape)
    }

    /// A permutation of axes.
    pub fn transpose(&mut self, x: TensorId, perm: &[usize]) -> TensorId {
        let shape: Vec<usize> = perm.iter().map(|p| self.shape(x)[*p]).collect();
        self.node(QOp::Transpose(Transpose { perm: perm.to_vec() }), &[x], &shape)
    }

    /// Chosen elements: per axis start, step, length.
    pub fn slice(&mut self, x: TensorId, axes: &[(usize, isize, usize)]) -> TensorId {
        let shape: Vec<usize> = axes.iter().map(|a| a.2).collect();
        let axes = axes.iter().map(|(start, step, len)| SliceAxis {
            start: *start,
            step: *step,
            len: *len,
        });
        self.node(QOp::Slice(Slice { axes: axes.collect() }), &[x], &shape)
    }

    /// Consecutive parts of an axis.
    pub fn split(&mut self, x: TensorId, axis: usize, lengths: &[usize]) -> Vec<TensorId> {
        let info = self.graph.tensors[x.0].clone();
        let parts = lengths.iter().map(|length| {
            let mut shape = info.shape.clone();
            shape[axis] = *length;
            let part = self.tensor(&shape, info.interval);
            self.graph.tensors[part.0].kind = info.kind;
            part
        });
        let outputs: Vec<TensorId> = parts.collect();
        let lengths = lengths.to_vec();
        let name = format!("n{}", self.graph.nodes.len());
        self.graph.nodes.push(QNode {
            name,
            op: QOp::Split(Split { axis, lengths }),
            inputs: vec![x],
            outputs: outputs.clone(),
        });
        outputs
    }

    /// Marks an output.
    pub fn output(&mut self, x: TensorId) {
        self.graph.outputs.push(x);
    }

    /// The graph and its execution.
    pub fn finish(self) -> (Arc<QuantizedGraph>, Trace) {
        self.graph.validate().unwrap();
        let trace = self.graph.run(&self.inputs).unwrap();
        (Arc::new(self.graph), trace)
    }
}

/// The kind of what an operator makes of tensors of these kinds. A table makes reals of quantised numbers, integers of booleans, and
/// otherwise what its argument is.
fn output_kind(op: &QOp, inputs: &[ElementKind]) -> ElementKind {
    let scale = |kind: &ElementKind| kind.scale_bits().unwrap_or(0);
    match op {
        QOp::ArgMax(_) => ElementKind::Integer,
        QOp::Lookup(_) => match inputs[0] {
            ElementKind::Quantized { .. } => ElementKind::real(0),
            ElementKind::Boolean => ElementKind::Integer,
            kind => kind,
        },
        QOp::Mul
        | QOp::MatMul
        | QOp::Affine(_)
        | QOp::Scale(_)
        | QOp::SumPool(_)
        | QOp::Conv(_)
        | QOp::Linear(_) => match op {
            _ if inputs.iter().all(|kind| kind.is_whole()) => ElementKind::Integer,
            QOp::Mul | QOp::MatMul => ElementKind::real(inputs.iter().map(scale).sum()),
            _ => ElementKind::real(scale(&inputs[0])),
        },
        _ => inputs[0],
    }
}

fn positions(shape: &[usize], window: &Window) -> Vec<usize> {
    let along = |(axis, length): (&WindowAxis, &usize)| {
        (length + axis.pads.0 + axis.pads.1 - axis.extent()) / axis.stride + 1
    };
    window.axes.iter().zip(&shape[2..]).map(along).collect()
}
