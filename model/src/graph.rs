//! The float graph: what an importer produces and what quantisation consumes.
//!
//! Shapes are static. Constants are folded: a node input is a constant exactly when its [`Value::constant`] is
//! set. Nodes are in topological order, and every value has one producer (a node, a graph input or a constant).

pub use crate::ops::functions::Activation;
pub use crate::ops::{Op, SliceAxis};
pub use crate::value::{Value, ValueId};
pub use crate::window::{Window, WindowAxis};

use crate::ops::NodeView;

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

    /// What its operator sees of it.
    pub(crate) fn view(&self) -> NodeView<'_> {
        NodeView {
            name: &self.name,
            op: self.op.name(),
            inputs: &self.inputs,
            outputs: &self.outputs,
        }
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
