//! Why an ONNX file cannot be imported.

use hallmark_model::ModelError;
use std::fmt;

/// Why an ONNX file cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Something is larger than the limit that the caller set.
    #[error("{what}: {found} is over the limit of {limit}; raise the limit if you trust the file")]
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
    /// A graph input's shape is not known.
    #[error("input `{input}` has shape {shape}: {problem}; pass its shape as an import option")]
    InputShape {
        /// Input name.
        input: String,
        /// Shape as the file states it.
        shape: String,
        /// What is wrong.
        problem: String,
    },
    /// An option names an input that the model does not have.
    #[error("the options give a shape for `{input}`, which is not an input of the model (inputs: {inputs})")]
    UnknownInput {
        /// Name in the options.
        input: String,
        /// The model's inputs.
        inputs: String,
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
    /// Nodes that cannot be lowered: all of them.
    #[error("{} of the model's nodes cannot be imported:{}", .0.len(), List(.0))]
    Nodes(Vec<NodeProblem>),
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
