//! The integer graph: exact semantics, and what a circuit proves.
//!
//! Every tensor holds integers, has a kind that says what they stand for, and a static interval. The
//! interpreter refuses an execution in which any element leaves its interval; the circuit proves that none did.
//! No operation saturates or wraps.

pub use crate::ops::QOp;
pub use crate::value::{QTensor, TensorId};

use crate::ops::lowering::Lowered;
use crate::value::ValueId;
use serde::{Deserialize, Serialize};

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

impl From<Lowered<QOp>> for QNode {
    fn from(lowered: Lowered<QOp>) -> Self {
        let Lowered {
            name,
            op,
            inputs,
            outputs,
        } = lowered;
        Self {
            name,
            op,
            inputs,
            outputs,
        }
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

impl QuantizedGraph {
    /// Number of elements of all parameters: weights, biases, factors and added constants.
    pub fn parameters(&self) -> usize {
        let elements = |op: &QOp| op.parameters().iter().map(|own| own.values.len()).sum::<usize>();
        self.nodes.iter().map(|node| elements(&node.op)).sum()
    }
}

/// An integer graph, and where its tensors come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantized {
    /// The integer graph.
    pub graph: QuantizedGraph,
    /// For every tensor of the integer graph, the value of the float graph that it approximates, if there is one.
    pub sources: Vec<Option<ValueId>>,
}
