//! What graphs say of the tensors that flow through them.

use crate::kind::{ElementKind, Whole};
use crate::tensor::FloatTensor;
use serde::{Deserialize, Serialize};

/// Index of a value in [`Graph::values`](crate::Graph::values).
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

/// Index of a tensor in [`QuantizedGraph::tensors`](crate::QuantizedGraph::tensors).
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
