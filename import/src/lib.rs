//! ONNX files to float [`Graph`]s, and inference inputs to tensors.
//!
//! [`import`] decodes the file, folds shapes and constants, and lowers the ONNX operators to the few of
//! [`hallmark_model::Op`]. [`input`] reads samples from JSON, `.npy` and `.npz`. Both take bytes from outside and
//! answer with a typed error, whatever the bytes are: see `docs/import.md` for the limits and the operators.

mod builder;
mod constant;
mod context;
mod error;
mod fold;
pub mod input;
mod integers;
mod lower;
mod onnx;
mod ops;
mod options;
mod order;
mod prune;
mod signature;
mod window;

pub use error::{ImportError, NodeProblem, OpenAxis, Reason};
pub use ops::supported_operators;
pub use options::{DataShape, ImportOptions, Limits};

pub use hallmark_model::IntegerType;

use hallmark_model::Graph;
use std::collections::BTreeMap;

/// The oldest version of the default operator set that is read.
pub const OLDEST_OPSET: i64 = 9;
/// The newest version of the default operator set that is read.
pub const NEWEST_OPSET: i64 = 28;

/// Reads an ONNX model: decode with limits, drop dead nodes, fold constants, lower to [`hallmark_model::Op`].
///
/// Names of tensors and nodes are kept; values that a lowering adds are named after the ONNX node.
///
/// # Errors
/// [`ImportError`] names the tensor, node or field, what was expected and what came. Unsupported or malformed
/// nodes are collected: one [`ImportError::Nodes`] lists all of them.
pub fn import(bytes: &[u8], options: &ImportOptions) -> Result<Graph, ImportError> {
    read(bytes, options).map(|imported| imported.graph)
}

/// A graph, and what the file says about it that the graph itself does not hold.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the file calls its graph, whatever it is; empty if it has no name.
    pub name: String,
    /// The graph.
    pub graph: Graph,
    /// Of every output, its ONNX type where its elements are integers. (An output in floating point may be a cast of a
    /// value of integers.)
    pub outputs: Vec<Option<IntegerType>>,
    /// Shapes of the inputs for which options or data decided about an axis: importing the file again needs them.
    pub shapes: BTreeMap<String, Vec<usize>>,
}

impl From<Graph> for Imported {
    /// A graph from elsewhere, of which nothing more is known.
    fn from(graph: Graph) -> Self {
        Self {
            name: String::new(),
            outputs: vec![None; graph.outputs.len()],
            shapes: BTreeMap::new(),
            graph,
        }
    }
}

/// As [`import`], with what is known about integers and shapes.
///
/// # Errors
/// As [`import`].
pub fn read(bytes: &[u8], options: &ImportOptions) -> Result<Imported, ImportError> {
    let model = onnx::decode(bytes, &options.limits)?;
    lower::lower(&model, bytes.len(), options)
}
