//! The errors of this crate.

use crate::ElementKind;

/// What can be wrong with a graph, its inputs or its quantisation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// An element left the static interval of its tensor.
    #[error(
        "value {} of tensor `{tensor}` at {index:?} lies outside its interval [{}, {}]{}; compile the model again with calibration \
         data that cover this input, or where such data were refused when it was compiled, with more bits or from a model whose \
         values are closer in magnitude",
        kind.value(*value), kind.value(interval.0), kind.value(interval.1), in_integers(*kind, *value, *interval)
    )]
    OutOfRange {
        /// Name of the tensor.
        tensor: String,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The integer that was computed.
        value: i64,
        /// The tensor's interval, both ends inclusive.
        interval: (i64, i64),
        /// What the integers stand for.
        kind: ElementKind,
    },
    /// A float input is outside what its tensor can represent.
    #[error(
        "input `{tensor}` at {index:?} is {value}, outside the {} [{min}, {max}]; {}",
        range_words(*kind).0, range_words(*kind).1
    )]
    InputOutOfRange {
        /// Name of the input.
        tensor: String,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The value given.
        value: f32,
        /// Least value that can be represented.
        min: f64,
        /// Greatest value that can be represented.
        max: f64,
        /// What the input's integers stand for.
        kind: ElementKind,
    },
    /// A fraction where the model takes integers.
    #[error(
        "input `{tensor}` at {index:?} is {value}; the model takes integers there, which are not rounded: give integers"
    )]
    NotWhole {
        /// Name of the input.
        tensor: String,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The value given.
        value: f32,
    },
    /// NaN or an infinity where a number is needed.
    #[error("`{tensor}` at {index:?} is {value}; every element must be a finite number")]
    NotFinite {
        /// Name of the tensor.
        tensor: String,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The value given.
        value: f32,
    },
    /// A model whose own arithmetic leaves the numbers, on inputs that are fine.
    #[error(
        "node `{node}` ({op}) gives {value} at {index:?} for calibration sample {sample}, whose inputs are finite: the model \
         divides by zero or overflows there"
    )]
    Diverges {
        /// Name of the node.
        node: String,
        /// Name of the operation.
        op: &'static str,
        /// The sample, counted from 0.
        sample: usize,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The value computed.
        value: f32,
    },
    /// A tensor given from outside has another shape than the graph says.
    #[error("`{tensor}` has shape {got:?}, the model needs {expected:?}")]
    ShapeMismatch {
        /// Name of the tensor.
        tensor: String,
        /// Shape in the graph.
        expected: Vec<usize>,
        /// Shape given.
        got: Vec<usize>,
    },
    /// Another number of input tensors than the graph has inputs.
    #[error("{got} input tensors given, the model has {expected}: {names:?}")]
    InputCount {
        /// Number of graph inputs.
        expected: usize,
        /// Number given.
        got: usize,
        /// The names of the graph's inputs.
        names: Vec<String>,
    },
    /// No such input of the graph.
    #[error("there is no input {index}: the model has {count}")]
    NoSuchInput {
        /// The index given.
        index: usize,
        /// Number of graph inputs.
        count: usize,
    },
    /// A node whose attributes, inputs or output do not fit together.
    #[error("node `{node}` ({op}): {reason}")]
    InvalidNode {
        /// Name of the node.
        node: String,
        /// Name of the operation.
        op: &'static str,
        /// What was expected and what came.
        reason: String,
    },
    /// A graph that is not well-formed.
    #[error("graph is not well-formed: {place}: {reason}")]
    InvalidGraph {
        /// The tensor or list concerned.
        place: String,
        /// What was expected and what came.
        reason: String,
    },
    /// A name with a character that is not accepted, see [`crate::name`].
    #[error(
        "the name {name:?} of a {what} has the character U+{character:04X}, which is a control character, invisible, or changes \
         how other characters are shown; rename it in the model"
    )]
    UnacceptableName {
        /// `tensor` or `node`.
        what: &'static str,
        /// The name.
        name: String,
        /// The first such character.
        character: u32,
    },
    /// Something is larger than the limits in [`crate::limits`].
    #[error("{place}: {what} is {size}, the limit is {limit}; use a smaller model or batch")]
    TooLarge {
        /// The node or tensor.
        place: String,
        /// What was counted.
        what: &'static str,
        /// The count.
        size: u128,
        /// The bound.
        limit: u128,
    },
    /// Nodes that have no integer form.
    #[error("{} cannot be quantised: {}", if nodes.len() == 1 { "a node" } else { "some nodes" }, list(nodes))]
    Unsupported {
        /// Every such node: its name and the reason.
        nodes: Vec<(String, String)>,
    },
    /// A quantisation option outside its range.
    #[error("option `{option}` is {value}, allowed is {allowed}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// The value given.
        value: String,
        /// The allowed range.
        allowed: String,
    },
    /// The calibration data cannot be used.
    #[error("calibration: {reason}")]
    Calibration {
        /// What is wrong with it, and the remedy.
        reason: String,
    },
}

impl ModelError {
    /// The message without its remedy, for those who know that it does not help.
    #[must_use]
    pub fn cause(&self) -> String {
        let text = self.to_string();
        match (self, text.rsplit_once("; ")) {
            (Self::OutOfRange { .. } | Self::InputOutOfRange { .. }, Some((cause, _))) => cause.to_owned(),
            _ => text,
        }
    }
}

/// The same numbers as the integers that stand for them, where these are others.
fn in_integers(kind: ElementKind, value: i64, (low, high): (i64, i64)) -> String {
    match kind {
        ElementKind::Real { scale_bits } => {
            format!(" (in integers {value}, [{low}, {high}], divided by 2^{scale_bits})")
        }
        ElementKind::Integer | ElementKind::Boolean => String::new(),
        ElementKind::Quantized { .. } => format!(" (in integers {value}, [{low}, {high}])"),
    }
}

/// What the range of an input is called, and what to do about a value outside.
fn range_words(kind: ElementKind) -> (&'static str, &'static str) {
    match kind {
        ElementKind::Real { .. } => (
            "calibrated range",
            "scale the input as in training, or compile the model again with calibration data that cover it",
        ),
        ElementKind::Integer => (
            "range of integers that the model was compiled for",
            "compile the model again with calibration data that hold such integers (types of up to 16 bits are taken whole)",
        ),
        ElementKind::Boolean => ("range of booleans", "give 0 or 1"),
        ElementKind::Quantized { .. } => ("range of its scale and zero point", "give values within it"),
    }
}

fn list(nodes: &[(String, String)]) -> String {
    let lines: Vec<String> = nodes
        .iter()
        .map(|(name, reason)| format!("`{name}`: {reason}"))
        .collect();
    lines.join("; ")
}
