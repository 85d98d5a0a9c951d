//! The float graph: what an importer produces and what quantisation consumes.
//!
//! Shapes are static. Constants are folded: a node input is a constant exactly when its [`Value::constant`] is
//! set. Nodes are in topological order, and every value has one producer (a node, a graph input or a constant).

use crate::FloatTensor;
use serde::{Deserialize, Serialize};

/// Index of a value in [`Graph::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ValueId(pub usize);

/// A tensor that flows through the graph.
#[derive(Clone, Debug)]
pub struct Value {
    /// The tensor's name in the source file, or one derived from it.
    pub name: String,
    /// Static shape.
    pub shape: Vec<usize>,
    /// The tensor's contents, when they are known at import.
    pub constant: Option<FloatTensor>,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Node {
    /// The node's name in the source file, or one derived from it.
    pub name: String,
    /// The operation and its attributes.
    pub op: Op,
    /// Inputs, in the order that [`Op`] states.
    pub inputs: Vec<ValueId>,
    /// The one output.
    pub output: ValueId,
}

/// A float graph with static shapes, in topological order.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The model's name in the source file.
    pub name: String,
    /// All values, indexed by [`ValueId`].
    pub values: Vec<Value>,
    /// Operations in topological order.
    pub nodes: Vec<Node>,
    /// Graph inputs (never constants).
    pub inputs: Vec<ValueId>,
    /// Graph outputs.
    pub outputs: Vec<ValueId>,
}

/// Geometry of a two-dimensional window (convolutions and pools). One-dimensional operators use height 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Steps between output positions, in input elements.
    pub strides: [usize; 2],
    /// Elements added before and after each axis: top, left, bottom, right.
    pub pads: [usize; 4],
    /// Distance between kernel elements, in input elements.
    pub dilations: [usize; 2],
}

/// Operations with float semantics. The importer lowers the many ONNX operators to these.
///
/// Scalar functions are one variant ([`Op::Activation`]): they differ only in the function.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `[X (N,C,H,W), W (O,C/groups,kh,kw) constant, B (O) constant, optional] → (N,O,H',W')`.
    Conv {
        /// Kernel geometry.
        window: Window,
        /// Number of channel groups.
        groups: usize,
    },
    /// `[A (…,M,K), B (…,K,N), bias (N) constant, optional] → (…,M,N)`; leading axes broadcast.
    MatMul,
    /// `[A, B] → A + B`, NumPy broadcasting.
    Add,
    /// `[A, B] → A − B`, NumPy broadcasting.
    Sub,
    /// `[A, B] → A · B`, NumPy broadcasting.
    Mul,
    /// `[A, B] → A / B`, NumPy broadcasting.
    Div,
    /// `[X] → f(X)`, element by element.
    Activation(Activation),
    /// `[X (N,C,H,W)] → (N,C,H',W')`; padding never wins.
    MaxPool {
        /// Pool geometry.
        window: Window,
    },
    /// `[X (N,C,H,W)] → (N,C,H',W')`.
    AveragePool {
        /// Pool geometry.
        window: Window,
        /// Whether padding counts in the divisor.
        count_include_pad: bool,
    },
    /// `[X] → X` with the output value's shape, same element order.
    Reshape,
    /// `[X] → X` with output axis `i` = input axis `perm[i]`.
    Transpose {
        /// The permutation of axes.
        perm: Vec<usize>,
    },
    /// `[X…]` joined along `axis`.
    Concat {
        /// The axis along which the inputs are joined.
        axis: usize,
    },
    /// `[X] →` for every axis, elements `start, start+step, …` (`len` of them). Negative steps count down.
    Slice {
        /// Per axis: start index, signed step, number of elements.
        axes: Vec<SliceAxis>,
    },
    /// `[X] → X` with constant `value` added around it.
    Pad {
        /// Per axis: elements before and after.
        pads: Vec<(usize, usize)>,
        /// The value of the added elements.
        value: f32,
    },
    /// `[X] →` index of the maximum along `axis` (the first one on ties, or the last), axis kept with length 1
    /// or dropped, as the output value's shape says.
    ArgMax {
        /// The reduced axis.
        axis: usize,
        /// Whether the last of several equal maxima is chosen.
        select_last: bool,
    },
}

/// One axis of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SliceAxis {
    /// First index.
    pub start: usize,
    /// Signed distance between the chosen elements, never zero.
    pub step: isize,
    /// Number of chosen elements.
    pub len: usize,
}

impl SliceAxis {
    /// All elements of an axis of length `len`, in order.
    #[must_use]
    pub fn whole(len: usize) -> Self {
        Self {
            start: 0,
            step: 1,
            len,
        }
    }
}

/// Scalar functions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x` where positive, else `alpha · x`.
    LeakyRelu {
        /// Slope for negative inputs.
        alpha: f32,
    },
    /// `min(max(x, min), max)`.
    Clip {
        /// Lower bound.
        min: f32,
        /// Upper bound.
        max: f32,
    },
    /// `1 / (1 + e^−x)`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// The error function.
    Erf,
    /// `x · Φ(x)` with the error function, or its tanh approximation.
    Gelu {
        /// Whether the tanh approximation is meant.
        tanh: bool,
    },
    /// `x · max(0, min(1, alpha·x + beta))`; HardSwish has alpha 1/6, beta 1/2.
    HardSwish,
    /// Truncation towards zero (a cast from float to integer).
    Trunc,
}
