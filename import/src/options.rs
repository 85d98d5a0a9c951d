//! What the caller of [`crate::import`] can choose.

use crate::stored::StoredTensor;
use hallmark_model::limits;
use std::collections::BTreeMap;

/// The oldest version of the default operator set that is read.
pub const OLDEST_OPSET: i64 = 7;
/// The newest version of the default operator set that is read.
pub const NEWEST_OPSET: i64 = 28;

/// Options of [`crate::import`].
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Size limits.
    pub limits: Limits,
    /// Shapes of graph inputs by name; they fill symbolic axes and must agree with the fixed ones.
    pub input_shapes: BTreeMap<String, Vec<usize>>,
    /// Lengths of symbolic axes by their name in the file (`dim_param`), for example `"sequence" → 128`.
    ///
    /// A symbolic first axis that neither map fills is a batch of 1.
    pub dimensions: BTreeMap<String, usize>,
    /// Shapes of arrays that the model will be fed with ([`crate::input::stated_shapes`]). Where one fits an input, it
    /// fills the axes that the maps leave open.
    pub data_shapes: Vec<DataShape>,
    /// Values of graph inputs by name: such an input is a constant of the model, and no input any more.
    pub values: BTreeMap<String, StoredTensor>,
}

/// The shape of an array as its file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataShape {
    /// The array's name; `None` in files that hold a single array.
    pub name: Option<String>,
    /// Its shape, an axis of samples perhaps first.
    pub shape: Vec<usize>,
}

/// Size limits. They are checked before anything is allocated. The model crate has limits of its own
/// ([`hallmark_model::limits`]), which are the defaults and cannot be raised from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the ONNX file.
    pub file_bytes: usize,
    /// Nodes in the file, and nodes in the graph that it is lowered to.
    pub nodes: usize,
    /// Elements of any one tensor.
    pub tensor_elements: usize,
    /// Elements of all tensors of the lowered graph together.
    pub total_elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 30,
            nodes: limits::MAX_GRAPH_ITEMS,
            tensor_elements: limits::MAX_TENSOR_ELEMENTS,
            total_elements: limits::MAX_TOTAL_ELEMENTS,
        }
    }
}
