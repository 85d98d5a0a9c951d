//! What files say of themselves: a tensor in a file of its own, and the inputs, outputs and operators that a model declares. For
//! programs that bring values to inputs.

use crate::constant::Data;
use crate::onnx::element::{Element, code_name};
use crate::onnx::proto::{TensorProto, ValueInfoProto, data_type};
use crate::{Elements, ImportError, Limits, StoredTensor, onnx, tensor};
use prost::Message;

/// Reads the bytes of a `TensorProto`.
///
/// # Errors
/// [`ImportError::Decode`]; [`ImportError::Tensor`] where it is malformed, or its elements are no numbers of a supported type;
/// [`ImportError::TooLarge`].
pub fn read_tensor(bytes: &[u8], limits: &Limits) -> Result<StoredTensor, ImportError> {
    onnx::within("the tensor file's bytes", bytes.len(), limits.file_bytes)?;
    let stored = TensorProto::decode(bytes)?;
    let (elements, significand_bits) = match tensor::any(&stored, &stored.name)? {
        Data::Float(values) => {
            let bits = match stored.data_type {
                data_type::BFLOAT16 => 8,
                data_type::FLOAT16 => 11,
                _ => f32::MANTISSA_DIGITS,
            };
            (Elements::Floats(values.as_ref().clone()), Some(bits))
        }
        Data::Integer { values, boolean } => {
            let values = values.as_ref().clone();
            let elements = match boolean {
                false => Elements::Integers(values),
                true => Elements::Booleans(values),
            };
            (elements, None)
        }
    };
    Ok(StoredTensor {
        name: stored.name,
        elements,
        significand_bits,
        code: stored.data_type,
    })
}

/// What a model file says of itself, whether or not it can be imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Inputs without an initializer, in the file's order.
    pub inputs: Vec<DeclaredValue>,
    /// Outputs, in the file's order.
    pub outputs: Vec<DeclaredValue>,
    /// The operators of its nodes, with their domain where that is not the default one, each once, sorted.
    pub operators: Vec<String>,
}

/// An input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredValue {
    /// Its name.
    pub name: String,
    /// Why models here cannot have it: what it is, where it is not a dense tensor of a supported number type.
    pub foreign: Option<String>,
}

/// Reads what a model file declares.
///
/// # Errors
/// Those of decoding it.
pub fn declared(bytes: &[u8], limits: &Limits) -> Result<Declared, ImportError> {
    let model = onnx::decode(bytes, limits)?;
    let Some(graph) = model.graph else {
        return Ok(Declared::default());
    };
    let value = |info: &ValueInfoProto| DeclaredValue {
        name: info.name.clone(),
        foreign: foreign(info),
    };
    let is_stored = |info: &&ValueInfoProto| graph.initializer.iter().any(|tensor| tensor.name == info.name);
    let mut operators: Vec<String> = graph.node.iter().map(onnx::operator).collect();
    operators.sort_unstable();
    operators.dedup();
    Ok(Declared {
        inputs: graph
            .input
            .iter()
            .filter(|info| !is_stored(info))
            .map(value)
            .collect(),
        outputs: graph.output.iter().map(value).collect(),
        operators,
    })
}

fn foreign(info: &ValueInfoProto) -> Option<String> {
    let kind = info.r#type.as_ref()?;
    if let Some(other) = crate::signature::other_kind(kind) {
        return Some(other.to_owned());
    }
    let code = kind.tensor_type.as_ref()?.elem_type;
    match Element::of(code) {
        Some(_) => None,
        None => Some(format!("a tensor of {}", code_name(code))),
    }
}
