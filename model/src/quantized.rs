//! The integer graph: exact semantics, and what a circuit proves.
//!
//! Every tensor holds integers that stand for `integer / 2^scale_bits`, and has a static interval. The
//! interpreter refuses an execution in which any element leaves its interval; the circuit proves that none did.
//! No operation saturates or wraps.

use crate::{IntTensor, graph::SliceAxis, graph::Window};
use serde::{Deserialize, Serialize};

/// Index of a tensor in [`QuantizedGraph::tensors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TensorId(pub usize);

/// A tensor of the integer graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QTensor {
    /// Name, unique in the graph.
    pub name: String,
    /// Static shape.
    pub shape: Vec<usize>,
    /// The real value is `integer / 2^scale_bits`.
    pub scale_bits: i32,
    /// Least and greatest value that an element can have (both inclusive).
    pub interval: (i64, i64),
}

/// One integer operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QNode {
    /// Name of the source node.
    pub name: String,
    /// The operation with its constants.
    pub op: QOp,
    /// Inputs in the order that [`QOp`] states.
    pub inputs: Vec<TensorId>,
    /// The one output.
    pub output: TensorId,
}

/// A quantised model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuantizedGraph {
    /// The model's name.
    pub name: String,
    /// All tensors, indexed by [`TensorId`].
    pub tensors: Vec<QTensor>,
    /// Operations in topological order; every tensor is an input or the output of exactly one node.
    pub nodes: Vec<QNode>,
    /// Model inputs.
    pub inputs: Vec<TensorId>,
    /// Model outputs.
    pub outputs: Vec<TensorId>,
}

/// Integer operations.
///
/// Only [`QOp::Requantize`], [`QOp::Lookup`], [`QOp::MaxPool`] and [`QOp::ArgMax`] make tensors that a circuit
/// stores; the others are linear (or quadratic, for products of two tensors) and are checked without being
/// stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum QOp {
    /// `[X (N,C,H,W)] → Y (N,O,H',W')`, `Y = bias + Σ X·weight`; padding is zero. `weight` is
    /// `(O, C/groups, kh, kw)`. Scales: `scale(Y) = scale(X) + weight scale`; per-channel weight scales are already
    /// multiplied into `weight` (see docs/semantics.md).
    Conv {
        /// Integer kernel.
        weight: IntTensor,
        /// One value per output channel, at the output's scale.
        bias: Vec<i64>,
        /// Kernel geometry.
        window: Window,
        /// Number of channel groups.
        groups: usize,
    },
    /// `[X (…,M,K)] → Y (…,M,N)` with a constant right-hand side `weight (K,N)` and `bias (N)`.
    Linear {
        /// Integer matrix `(K, N)`.
        weight: IntTensor,
        /// One value per output column, at the output's scale.
        bias: Vec<i64>,
    },
    /// `[A (…,M,K), B (…,K,N)] → A·B`; leading axes broadcast.
    MatMul,
    /// `[X_0, X_1, …] → constant + Σ coefficients[i]·X_i`, NumPy broadcasting to the output shape.
    Affine {
        /// One integer factor per input.
        coefficients: Vec<i64>,
        /// Added constant; broadcasts.
        constant: Option<IntTensor>,
    },
    /// `[X] → X · factor`, NumPy broadcasting to the output shape.
    Scale {
        /// Integer factors; broadcasts.
        factor: IntTensor,
    },
    /// `[A, B] → A · B`, NumPy broadcasting.
    Mul,
    /// `[X (N,C,H,W)] → (N,C,H',W')`: sums of windows, padding is zero.
    SumPool {
        /// Pool geometry.
        window: Window,
    },
    /// `[X] → floor((X + 2^(shift−1)) / 2^shift)` (half-up), or `X` where `shift` is 0. The result must lie in the
    /// output tensor's interval, whose length is a power of two.
    Requantize {
        /// Number of low bits rounded away.
        shift: u32,
    },
    /// `[X] → table[X − interval(X).0]`; the table covers the input tensor's interval.
    Lookup {
        /// Name of the function, for reports.
        function: String,
        /// One value per input value.
        table: Vec<i64>,
    },
    /// `[X (N,C,H,W)] → (N,C,H',W')`: maxima of windows; padding never wins.
    MaxPool {
        /// Pool geometry.
        window: Window,
    },
    /// `[X] →` index of the maximum along `axis`; the first of equal ones, or the last.
    ArgMax {
        /// The reduced axis.
        axis: usize,
        /// Whether the last of several equal maxima is chosen.
        select_last: bool,
    },
    /// `[X] → X` with the output's shape, same element order.
    Reshape,
    /// `[X] → X` with output axis `i` = input axis `perm[i]`.
    Transpose {
        /// The permutation of axes.
        perm: Vec<usize>,
    },
    /// `[X…]` joined along `axis`; equal scales.
    Concat {
        /// The axis along which the inputs are joined.
        axis: usize,
    },
    /// `[X] →` chosen elements of every axis.
    Slice {
        /// Per axis: start, step, length.
        axes: Vec<SliceAxis>,
    },
    /// `[X] → X` with `value` added around it.
    Pad {
        /// Per axis: elements before and after.
        pads: Vec<(usize, usize)>,
        /// The integer value of the added elements.
        value: i64,
    },
}
