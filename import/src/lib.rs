//! ONNX files to float [`Graph`]s, and inference inputs to tensors.
//!
//! [`import`] decodes the file, folds shapes and constants, and lowers the ONNX operators to the few of
//! [`hallmark_model::Op`]. [`input`] reads samples from JSON, `.npy` and `.npz`. Both take bytes from outside and
//! answer with a typed error, whatever the bytes are: see `docs/import.md` for the limits and the operators.

mod builder;
mod constant;
mod context;
mod declared;
mod error;
mod fold;
mod imported;
pub mod input;
mod integers;
mod linear;
mod lower;
mod moves;
mod onnx;
mod ops;
mod options;
mod order;
mod prune;
mod signature;
mod stored;
mod tensor;
mod window;

pub use declared::{Declared, DeclaredValue, declared, read_tensor};
pub use error::{ImportError, NodeProblem, OpenAxis, Reason};
pub use imported::Imported;
pub use ops::supported_operators;
pub use options::{DataShape, ImportOptions, Limits, NEWEST_OPSET, OLDEST_OPSET};
pub use stored::{Elements, StoredTensor};

pub use hallmark_model::IntegerType;

use hallmark_model::Graph;

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

/// As [`import`], with what is known about integers and shapes.
///
/// # Errors
/// As [`import`].
pub fn read(bytes: &[u8], options: &ImportOptions) -> Result<Imported, ImportError> {
    let model = onnx::decode(bytes, &options.limits)?;
    lower::lower(&model, bytes.len(), options)
}
