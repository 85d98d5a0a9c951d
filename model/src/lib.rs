//! Tensors, fixed point, float and integer graphs, the integer interpreter (the semantics of Hallmark) and
//! the canonical model encoding.
//!
//! Two graphs live here. A [`Graph`] has float semantics and is what an importer produces. A
//! [`QuantizedGraph`] has integer semantics, exact and platform independent; it is what a circuit proves and
//! what a model id commits to. [`quantize()`] turns the first into the second, [`report()`] says how well they
//! agree. The integer semantics are written out in `docs/semantics.md`.

mod batch;
mod encoding;
mod error;
mod fixed_point;
pub mod graph;
mod interpreter;
mod kind;
pub mod limits;
pub mod movement;
pub mod name;
pub mod ops;
mod options;
pub mod quantize;
pub mod quantized;
mod report;
mod shape;
mod sink;
mod tensor;
mod validate;
mod value;
mod window;

pub use batch::stack;
pub use encoding::ENCODING_VERSION;
pub use error::ModelError;
pub use graph::{Activation, Graph, Node, Op, SliceAxis, Value, ValueId, Window, WindowAxis};
pub use interpreter::Trace;
pub use kind::{ElementKind, IntegerType, Step, Whole};
pub use options::QuantizeOptions;
pub use quantize::quantize;
pub use quantized::{QNode, QOp, QTensor, Quantized, QuantizedGraph, TensorId};
pub use report::{AccuracyReport, ColumnAccuracy, MAX_COLUMNS, OutputAccuracy, TensorAccuracy, report};
pub use tensor::{FloatTensor, IntTensor};
