//! Why an ONNX file cannot be imported.

use hallmark_model::ModelError;
use std::fmt;

/// Why an ONNX file cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Something is larger than the limit that the caller set.
    #[error(
        "{what}: {found} is over the limit of {limit}; a smaller model, or one in parts, can be imported"
    )]
    TooLarge {
        /// What was measured.
        what: String,
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are not a sequence of protobuf fields.
    #[error("not an ONNX file, or a truncated one: the bytes are not protobuf fields")]
    Format,
    /// The bytes are compressed.
    #[error("the file is compressed with gzip; decompress it first")]
    Compressed,
    /// The bytes are not a protobuf message of type `ModelProto`.
    #[error("not an ONNX file, or a truncated one: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A part that every model has is not there.
    #[error("the ONNX file has no {what}; export the model again")]
    Missing {
        /// The missing part.
        what: &'static str,
    },
    /// The operator set version is not supported.
    #[error(
        "the model uses opset {found}; this version reads {} to {}. Export it with another opset_version",
        crate::OLDEST_OPSET,
        crate::NEWEST_OPSET
    )]
    Opset {
        /// Version in the file.
        found: i64,
    },
    /// Tensor data lies in another file.
    #[error("tensor `{tensor}` keeps its data in another file; save the model with its weights inside")]
    ExternalData {
        /// Tensor name.
        tensor: String,
    },
    /// A stored tensor is malformed or has an unsupported element type.
    #[error("tensor `{tensor}`: {problem}")]
    Tensor {
        /// Tensor name.
        tensor: String,
        /// What is wrong, expected and found.
        problem: String,
    },
    /// A graph input or output is not a dense numeric tensor.
    #[error("`{name}` is {found}; only dense numeric tensors are supported")]
    ValueType {
        /// Name of the graph input or output.
        name: String,
        /// What it is.
        found: String,
    },
    /// Axes of graph inputs whose lengths neither the file nor the caller states: all of them.
    #[error("{}; give their lengths in `ImportOptions::dimensions` or `input_shapes`", Open(.0))]
    OpenAxes(Vec<OpenAxis>),
    /// A graph input's shape cannot be used.
    #[error("input `{input}` has shape {shape}: {problem}")]
    InputShape {
        /// Input name.
        input: String,
        /// Shape as the file states it.
        shape: String,
        /// What is wrong.
        problem: String,
    },
    /// An option names an input that the model does not have.
    #[error(
        "the options say something about `{input}`, which is not an input of the model (inputs: {inputs})"
    )]
    UnknownInput {
        /// Name in the options.
        input: String,
        /// The model's inputs.
        inputs: String,
    },
    /// The value that an option gives to an input is none that it can have.
    #[error("the options give a value to the input `{input}`: {problem}")]
    InputValue {
        /// Name of the input.
        input: String,
        /// What is wrong, expected and found.
        problem: String,
    },
    /// An option names a symbolic axis that no input of the model has.
    #[error(
        "the options give a length for the axis `{name}`, which no input of the model has (open axes: {axes})"
    )]
    UnknownDimension {
        /// Name in the options.
        name: String,
        /// The open axes that have names.
        axes: String,
    },
    /// A stored constant that is no number.
    #[error(
        "the constant `{tensor}` is {value} at {index:?}: a weight that is not finite makes every result that depends on it \
         meaningless; repair the model and export it again"
    )]
    NotFinite {
        /// Name of the initializer, or of the node that holds the constant.
        tensor: String,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// Its value in single precision.
        value: f32,
    },
    /// Two values have one name.
    #[error("the name `{name}` is defined twice; every tensor needs one producer")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A tensor is used but nothing produces it.
    #[error("`{tensor}`, used by {user}, is neither an input, an initializer nor the output of a node")]
    Undefined {
        /// Tensor name.
        tensor: String,
        /// Who uses it.
        user: String,
    },
    /// The nodes form a cycle.
    #[error("node `{node}` depends on its own output")]
    Cycle {
        /// A node on the cycle.
        node: String,
    },
    /// A graph output does not depend on any input.
    #[error("output `{output}` is a constant: it does not depend on any input, so there is nothing to prove")]
    ConstantOutput {
        /// Output name.
        output: String,
    },
    /// A name that the model crate does not accept: one with characters that cannot be seen, say.
    #[error(transparent)]
    Name(ModelError),
    /// Nodes that cannot be lowered: all of them.
    #[error("{} of the model's nodes cannot be imported:{}", .0.len(), List(.0))]
    Nodes(Vec<NodeProblem>),
}

/// An axis of a graph input whose length is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAxis {
    /// Name of the input.
    pub input: String,
    /// The input's shape as the file states it, for example `(N, 3, height, ?)`.
    pub shape: String,
    /// Position of the axis.
    pub axis: usize,
    /// The axis's name in the file (`dim_param`), where it has one.
    pub name: Option<String>,
    /// Lengths of the input's axes, as far as they are known: what a caller completes. Empty where the file does not even
    /// state the number of axes.
    pub lengths: Vec<Option<usize>>,
}

/// Open axes, an input at a time.
struct Open<'a>(&'a [OpenAxis]);

impl fmt::Display for Open<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = self.0.chunk_by(|a, b| a.input == b.input);
        for (position, axes) in inputs.enumerate() {
            let Some(first) = axes.first() else { continue };
            let before = if position == 0 { "" } else { ", " };
            if first.lengths.is_empty() {
                write!(f, "{before}input `{}` states no shape", first.input)?;
                continue;
            }
            write!(
                f,
                "{before}input `{}` has shape {}, where ",
                first.input, first.shape
            )?;
            let words: Vec<String> = axes
                .iter()
                .map(|axis| match &axis.name {
                    Some(name) => format!("axis {} (`{name}`)", axis.axis),
                    None => format!("axis {}", axis.axis),
                })
                .collect();
            let have = if axes.len() == 1 { "has" } else { "have" };
            write!(f, "{} {have} no fixed length", words.join(" and "))?;
        }
        Ok(())
    }
}

/// One node that cannot be imported.
#[derive(Debug, thiserror::Error)]
#[error("node `{node}` ({operator}): {reason}")]
pub struct NodeProblem {
    /// Node name, or the name of its first output where it has none.
    pub node: String,
    /// ONNX operator, with its domain where that is not the default one.
    pub operator: String,
    /// What is wrong.
    pub reason: Reason,
}

/// Why a node cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The operator is unknown.
    #[error("the operator is not supported")]
    Operator,
    /// The operator holds graphs of its own (If, Loop, Scan).
    #[error("attribute `{attribute}` is a subgraph; control flow is not supported, export an unrolled model")]
    Subgraph {
        /// Name of the attribute.
        attribute: String,
    },
    /// An attribute that the lowering does not know.
    #[error("attribute `{attribute}` is not supported")]
    UnknownAttribute {
        /// Name of the attribute.
        attribute: String,
    },
    /// An attribute with a value that is malformed or not supported.
    #[error("attribute `{attribute}`: {problem}")]
    Attribute {
        /// Name of the attribute.
        attribute: String,
        /// What is wrong, expected and found.
        problem: String,
    },
    /// A required input is missing.
    #[error("input {index} is missing")]
    MissingInput {
        /// Position of the input.
        index: usize,
    },
    /// An input that must be known at import is computed at run time.
    #[error("input {index} ({what}) must be a constant")]
    NotConstant {
        /// Position of the input.
        index: usize,
        /// What the input holds.
        what: &'static str,
    },
    /// An input has an element type that the operator cannot take here.
    #[error("expected {expected}, found {found}")]
    ElementType {
        /// What is needed.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// A constant that is no number takes part in the computation.
    #[error(
        "{what} is {value} at {index:?}: a constant that is not finite makes every result that depends on it meaningless; \
         repair the model and export it again"
    )]
    NotFinite {
        /// The constant.
        what: String,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// Its value.
        value: f32,
    },
    /// An integer type that is too narrow for what the node may compute.
    #[error(
        "its results are of type {element}, which holds {} to {}, and can reach {} to {}: they would wrap, which is not \
         modelled; cast the operands to float or a wider integer before this node",
        holds.0, holds.1, reach.0, reach.1
    )]
    Wraps {
        /// The ONNX type.
        element: &'static str,
        /// What it holds.
        holds: (i64, i64),
        /// What the node can compute from the types of its operands.
        reach: (i64, i64),
    },
    /// An output that the lowering does not produce is used.
    #[error("its output {index} (`{output}`) is used and not supported")]
    Output {
        /// Position of the output.
        index: usize,
        /// Name of the output.
        output: String,
    },
    /// Shapes do not fit together.
    #[error("{problem}")]
    Shape {
        /// What is wrong, expected and found.
        problem: String,
    },
    /// The operator is supported, this use of it is not.
    #[error("{problem}")]
    Form {
        /// What is not supported.
        problem: String,
    },
    /// The result or the work to get it is over a limit.
    #[error("{what}: {found} is over the limit of {limit}")]
    TooLarge {
        /// What was measured.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A stored tensor in an attribute or initializer cannot be read.
    #[error("{0}")]
    Tensor(#[source] Box<ImportError>),
    /// The model crate refused the operation.
    #[error("{0}")]
    Model(#[from] ModelError),
}

impl Reason {
    /// Shapes that do not fit.
    pub(crate) fn shape(problem: impl Into<String>) -> Self {
        Self::Shape {
            problem: problem.into(),
        }
    }

    /// An unsupported use of a supported operator.
    pub(crate) fn form(problem: impl Into<String>) -> Self {
        Self::Form {
            problem: problem.into(),
        }
    }

    /// A bad attribute value.
    pub(crate) fn attribute(attribute: &str, problem: impl Into<String>) -> Self {
        Self::Attribute {
            attribute: attribute.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Problems, one to a line.
struct List<'a>(&'a [NodeProblem]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
