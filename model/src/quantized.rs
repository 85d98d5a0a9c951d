//! The integer graph: exact semantics, and what a circuit proves.
//!
//! Every tensor holds integers, has a kind that says what they stand for, and a static interval. The
//! interpreter refuses an execution in which any element leaves its interval; the circuit proves that none did.
//! No operation saturates or wraps.

pub use crate::ops::QOp;

use crate::ElementKind;
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
    /// What the integers stand for.
    pub kind: ElementKind,
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
    /// Outputs in the order that [`QOp`] states: one, of most operators.
    pub outputs: Vec<TensorId>,
}

impl QNode {
    /// The output of an operator that has one, or the first one, in a graph that was validated.
    #[must_use]
    pub fn output(&self) -> TensorId {
        self.outputs[0]
    }
}

/// A quantised model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuantizedGraph {
    /// The model's name.
    pub name: String,
    /// All tensors, indexed by [`TensorId`].
    pub tensors: Vec<QTensor>,
    /// Operations in topological order; every tensor is an input or an output of exactly one node.
    pub nodes: Vec<QNode>,
    /// Model inputs.
    pub inputs: Vec<TensorId>,
    /// Model outputs.
    pub outputs: Vec<TensorId>,
}
