//! Tensors, fixed point, float and integer graphs, the integer interpreter (the semantics of Hallmark) and
//! the canonical model encoding.
//!
//! Two graphs live here. A [`Graph`] has float semantics and is what an importer produces. A
//! [`QuantizedGraph`] has integer semantics, exact and platform independent; it is what a circuit proves and
//! what a model id commits to.

pub mod graph;
pub mod quantized;

pub use graph::{Graph, Node, Op, Value, ValueId};
pub use quantized::{QNode, QOp, QTensor, QuantizedGraph, TensorId};

/// A float tensor, row-major, of any rank (scalars have rank 0).
pub type FloatTensor = ndarray::ArrayD<f32>;

/// An integer tensor, row-major, of any rank.
pub type IntTensor = ndarray::ArrayD<i64>;
