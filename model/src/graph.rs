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
