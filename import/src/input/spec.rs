//! What a model takes, and how much is read for it.

use hallmark_model::{ElementKind, Graph, QuantizedGraph};

/// What the elements of an input are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputKind {
    /// Real numbers, read in single precision.
    #[default]
    Real,
    /// Integers: each is the one that the data have, or refused.
    Integer,
    /// 0 and 1, or false and true, likewise.
    Boolean,
}

impl InputKind {
    fn of(kind: Option<ElementKind>) -> Self {
        match kind {
            Some(ElementKind::Integer) => Self::Integer,
            Some(ElementKind::Boolean) => Self::Boolean,
            Some(ElementKind::Real { .. } | ElementKind::Quantized { .. }) | None => Self::Real,
        }
    }
}

/// Name, shape and kind of a model input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The input's name.
    pub name: String,
    /// Its static shape.
    pub shape: Vec<usize>,
    /// What its elements are.
    pub kind: InputKind,
}

impl InputSpec {
    /// The inputs of a float graph.
    pub fn of_graph(graph: &Graph) -> Vec<Self> {
        let values = graph.inputs.iter().filter_map(|id| graph.values.get(id.0));
        values
            .map(|value| Self {
                name: value.name.clone(),
                shape: value.shape.clone(),
                kind: InputKind::of(value.whole.map(|whole| whole.kind.element())),
            })
            .collect()
    }

    /// The inputs of a quantised model.
    pub fn of_quantized(graph: &QuantizedGraph) -> Vec<Self> {
        let tensors = graph.inputs.iter().filter_map(|id| graph.tensors.get(id.0));
        tensors
            .map(|tensor| Self {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                kind: InputKind::of(Some(tensor.kind)),
            })
            .collect()
    }

    /// How many elements a sample has; `None` where that is none, or more than can be counted.
    pub(super) fn elements(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1_usize, |product, &axis| product.checked_mul(axis))
            .filter(|&n| n > 0)
    }
}

/// Limits on inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLimits {
    /// Bytes of the file. JSON takes up to some 6 times as many in memory, for numbers of one digit; but every sample is a tensor of its own,
    /// which takes some 150 bytes more, so that 2 bytes of text take that much where a sample is a single number.
    pub file_bytes: usize,
    /// Elements of the arrays in a `.npy` or `.npz` file, after decompression.
    pub elements: usize,
}

impl Default for InputLimits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 26,
            elements: 1 << 26,
        }
    }
}
