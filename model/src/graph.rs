//! The float graph: what an importer produces and what quantisation consumes.
//!
//! Shapes are static. Constants are folded: a node input is a constant exactly when its [`Value::constant`] is
//! set. Nodes are in topological order, and every value has one producer (a node, a graph input or a constant).

pub use crate::ops::Op;
pub use crate::ops::functions::Activation;

use crate::{FloatTensor, Whole};
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
    /// What is known of the elements where they are integers; `None` for floats.
    pub whole: Option<Whole>,
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
    /// Outputs in the order that [`Op`] states: one, of most operators.
    pub outputs: Vec<ValueId>,
}

impl Node {
    /// The output of an operator that has one, or the first one, in a graph that was validated.
    #[must_use]
    pub fn output(&self) -> ValueId {
        self.outputs[0]
    }
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

/// Geometry of a sliding window over the spatial axes of a tensor `(N, C, …)`: convolutions and pools.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// One entry per spatial axis, at most [`MAX_WINDOW_AXES`](crate::limits::MAX_WINDOW_AXES), the last one innermost.
    pub axes: Vec<WindowAxis>,
}

/// A window along one axis. Lengths are in input elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WindowAxis {
    /// Number of kernel elements.
    pub kernel: usize,
    /// From one output position to the next.
    pub stride: usize,
    /// From one kernel element to the next.
    pub dilation: usize,
    /// Elements added before the axis and after it.
    pub pads: (usize, usize),
}

impl WindowAxis {
    /// A kernel that moves by one element, without gaps or padding.
    #[must_use]
    pub const fn of(kernel: usize) -> Self {
        Self {
            kernel,
            stride: 1,
            dilation: 1,
            pads: (0, 0),
        }
    }

    /// Elements from the kernel's first one to its last one, both included.
    #[must_use]
    pub fn extent(&self) -> usize {
        self.dilation * self.kernel.saturating_sub(1) + 1
    }
}

impl Window {
    /// A window over `N` axes; `pads` are the elements before each axis and those after each axis.
    #[must_use]
    pub fn new<const N: usize>(
        kernel: [usize; N],
        strides: [usize; N],
        pads: [[usize; N]; 2],
        dilations: [usize; N],
    ) -> Self {
        let axis = |axis: usize| WindowAxis {
            kernel: kernel[axis],
            stride: strides[axis],
            dilation: dilations[axis],
            pads: (pads[0][axis], pads[1][axis]),
        };
        (0..N).map(axis).collect()
    }

    /// A kernel that moves by one element along every axis, without gaps or padding.
    #[must_use]
    pub fn of(kernel: &[usize]) -> Self {
        kernel.iter().copied().map(WindowAxis::of).collect()
    }

    /// The kernel's length along each axis.
    #[must_use]
    pub fn kernel(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.kernel).collect()
    }

    /// Whether there is padding anywhere.
    #[must_use]
    pub fn is_padded(&self) -> bool {
        self.axes.iter().any(|axis| axis.pads != (0, 0))
    }
}

impl FromIterator<WindowAxis> for Window {
    fn from_iter<I: IntoIterator<Item = WindowAxis>>(axes: I) -> Self {
        Self {
            axes: axes.into_iter().collect(),
        }
    }
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
