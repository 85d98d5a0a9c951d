//! The graph's inputs: element types, and shapes with the caller's choices for symbolic axes.

use crate::onnx::element::Element;
use crate::onnx::proto::{Dimension, TypeProto, ValueInfoProto};
use crate::{ImportError, ImportOptions};

/// Element type and static shape of a graph input.
pub(crate) fn input(
    info: &ValueInfoProto,
    options: &ImportOptions,
) -> Result<(Element, Vec<usize>), ImportError> {
    let element = element(info)?;
    let dims = info
        .r#type
        .as_ref()
        .and_then(|t| t.tensor_type.as_ref())
        .and_then(|t| t.shape.as_ref())
        .map(|shape| shape.dim.as_slice());
    let chosen = options.input_shapes.get(&info.name);
    let fail = |problem: String| ImportError::InputShape {
        input: info.name.clone(),
        shape: dims.map_or_else(|| "unknown".to_owned(), display),
        problem,
    };
    let shape = match (dims, chosen) {
        (None, None) => return Err(fail("its number of axes is not stated".to_owned())),
        (None, Some(chosen)) => chosen.clone(),
        (Some(dims), Some(chosen)) if dims.len() != chosen.len() => {
            return Err(fail(format!(
                "the shape {chosen:?} in the options has {} axes",
                chosen.len()
            )));
        }
        (Some(dims), chosen) => dims
            .iter()
            .enumerate()
            .map(|(axis, dim)| length(dim, axis, chosen.map(|shape| shape[axis]), options).map_err(fail))
            .collect::<Result<_, _>>()?,
    };
    match shape.contains(&0) {
        true => Err(fail("an axis of length 0 was chosen".to_owned())),
        false => Ok((element, shape)),
    }
}

/// Length of one axis: the file's, the caller's, or 1 for a symbolic batch axis.
fn length(
    dim: &Dimension,
    axis: usize,
    chosen: Option<usize>,
    options: &ImportOptions,
) -> Result<usize, String> {
    // Exporters write 0 or -1 for axes that they do not know.
    let fixed = dim.dim_value.filter(|&value| value > 0);
    match (fixed, chosen) {
        (Some(fixed), Some(chosen)) if i64::try_from(chosen) != Ok(fixed) => Err(format!(
            "axis {axis} is fixed to {fixed}, the options say {chosen}"
        )),
        (Some(fixed), _) => {
            usize::try_from(fixed).map_err(|_| format!("axis {axis} of length {fixed} is too long"))
        }
        (None, Some(chosen)) => Ok(chosen),
        (None, None) => match options.dimensions.get(&dim.dim_param) {
            Some(&chosen) if !dim.dim_param.is_empty() => Ok(chosen),
            _ if axis == 0 => Ok(1),
            _ => Err(format!("axis {axis} has no fixed length")),
        },
    }
}

/// The element type of a graph input or output.
pub(crate) fn element(info: &ValueInfoProto) -> Result<Element, ImportError> {
    let fail = |found: String| ImportError::ValueType {
        name: info.name.clone(),
        found,
    };
    let value_type = info
        .r#type
        .as_ref()
        .ok_or_else(|| fail("of no stated type".to_owned()))?;
    if let Some(kind) = other_kind(value_type) {
        return Err(fail(kind.to_owned()));
    }
    let code = value_type
        .tensor_type
        .as_ref()
        .map_or(0, |tensor| tensor.elem_type);
    Element::of(code).ok_or_else(|| fail(format!("a tensor of ONNX element type {code}")))
}

fn other_kind(value_type: &TypeProto) -> Option<&'static str> {
    let kinds = [
        (value_type.sequence_type.is_some(), "a sequence"),
        (value_type.map_type.is_some(), "a map"),
        (value_type.sparse_tensor_type.is_some(), "a sparse tensor"),
        (value_type.optional_type.is_some(), "an optional value"),
    ];
    kinds
        .into_iter()
        .find(|(present, _)| *present)
        .map(|(_, name)| name)
}

fn display(dims: &[Dimension]) -> String {
    let axis = |dim: &Dimension| match dim.dim_value {
        Some(value) => value.to_string(),
        None if dim.dim_param.is_empty() => "?".to_owned(),
        None => dim.dim_param.clone(),
    };
    format!("({})", dims.iter().map(axis).collect::<Vec<_>>().join(", "))
}
