//! The graph's inputs: element types, and shapes with the caller's choices for symbolic axes.

use crate::onnx::element::{Element, code_name};
use crate::onnx::proto::{Dimension, TypeProto, ValueInfoProto};
use crate::stored::StoredTensor;
use crate::{ImportError, ImportOptions, OpenAxis};

/// Type and static shape of a graph input.
pub(crate) struct Signature {
    pub element: Element,
    /// The ONNX element type.
    pub code: i32,
    pub shape: Vec<usize>,
    /// Whether the caller's options or data decided about a length.
    pub chosen: bool,
}

/// Element type and static shape of a graph input. Axes without a length go to `open`.
pub(crate) fn input(
    info: &ValueInfoProto,
    options: &ImportOptions,
    open: &mut Vec<OpenAxis>,
) -> Result<Signature, ImportError> {
    let (element, code) = element(info)?;
    let dims = dims(info);
    let chosen = options.input_shapes.get(&info.name);
    let fail = |problem: String| ImportError::InputShape {
        input: info.name.clone(),
        shape: dims.map_or_else(|| "unknown".to_owned(), display),
        problem,
    };
    let data = data_shape(info, dims, options);
    let Some(dims) = dims else {
        if let Some(chosen) = chosen {
            return finish(element, code, chosen.clone(), true).map_err(fail);
        }
        open.push(OpenAxis {
            input: info.name.clone(),
            shape: "unknown".to_owned(),
            axis: 0,
            name: None,
            lengths: Vec::new(),
        });
        return finish(element, code, vec![1], false).map_err(fail);
    };
    if let Some(chosen) = chosen
        && chosen.len() != dims.len()
    {
        return Err(fail(format!(
            "the shape {chosen:?} in the options has {} axes",
            chosen.len()
        )));
    }
    let mut lengths = Vec::with_capacity(dims.len());
    let mut by_caller = false;
    for (axis, dim) in dims.iter().enumerate() {
        let wanted = chosen.map(|shape| shape[axis]);
        let stated = data.as_ref().map(|shape| shape[axis]);
        let length = length(dim, axis, wanted, stated, options).map_err(fail)?;
        by_caller |= fixed(dim).is_none() && length.is_some() && (axis, length) != (0, Some(1));
        lengths.push(length);
    }
    if let Some(shape) = lengths.iter().copied().collect::<Option<Vec<_>>>() {
        let chosen = by_caller || chosen.is_some();
        return finish(element, code, shape, chosen).map_err(fail);
    }
    let unknown = lengths.iter().enumerate().filter(|(_, length)| length.is_none());
    open.extend(unknown.map(|(axis, _)| OpenAxis {
        input: info.name.clone(),
        shape: display(dims),
        axis,
        name: Some(dims[axis].dim_param.clone()).filter(|name| !name.is_empty()),
        lengths: lengths.clone(),
    }));
    finish(element, code, vec![1], false).map_err(fail)
}

fn finish(element: Element, code: i32, shape: Vec<usize>, chosen: bool) -> Result<Signature, String> {
    match shape.contains(&0) {
        true => Err("an axis of length 0 was chosen".to_owned()),
        false => Ok(Signature {
            element,
            code,
            shape,
            chosen,
        }),
    }
}

/// Why an input cannot have a value, if it cannot.
pub(crate) fn unfit(info: &ValueInfoProto, value: &StoredTensor) -> Result<Option<String>, ImportError> {
    let (_, code) = element(info)?;
    if code != value.code {
        return Ok(Some(format!(
            "it is of type {}, the value of {}",
            code_name(code),
            code_name(value.code)
        )));
    }
    let Some(dims) = dims(info) else {
        return Ok(None);
    };
    let agrees = |(dim, &length): (&Dimension, &usize)| {
        fixed(dim).is_none_or(|fixed| i64::try_from(length) == Ok(fixed))
    };
    let fits = dims.len() == value.shape().len() && dims.iter().zip(value.shape()).all(agrees);
    Ok((!fits).then(|| format!("it has shape {}, the value {:?}", display(dims), value.shape())))
}

fn dims(info: &ValueInfoProto) -> Option<&[Dimension]> {
    let tensor = info.r#type.as_ref()?.tensor_type.as_ref()?;
    Some(tensor.shape.as_ref()?.dim.as_slice())
}

/// A length that the file states. Exporters write 0 or -1 for axes that they do not know.
fn fixed(dim: &Dimension) -> Option<i64> {
    dim.dim_value.filter(|&value| value > 0)
}

/// Length of one axis: the file's, the caller's, the data's, or 1 for a symbolic batch axis; `None` where it stays open.
fn length(
    dim: &Dimension,
    axis: usize,
    chosen: Option<usize>,
    data: Option<usize>,
    options: &ImportOptions,
) -> Result<Option<usize>, String> {
    match (fixed(dim), chosen) {
        (Some(fixed), Some(chosen)) if i64::try_from(chosen) != Ok(fixed) => Err(format!(
            "axis {axis} is fixed to {fixed}, the options say {chosen}"
        )),
        (Some(fixed), _) => usize::try_from(fixed)
            .map(Some)
            .map_err(|_| format!("axis {axis} of length {fixed} is too long")),
        (None, Some(chosen)) => Ok(Some(chosen)),
        (None, None) => Ok(match options.dimensions.get(&dim.dim_param) {
            Some(&chosen) if !dim.dim_param.is_empty() => Some(chosen),
            _ if axis == 0 => Some(data.unwrap_or(1)),
            _ => data,
        }),
    }
}

/// Lengths that the data suggest for the axes of an input, if they fit those that the file fixes.
fn data_shape(
    info: &ValueInfoProto,
    dims: Option<&[Dimension]>,
    options: &ImportOptions,
) -> Option<Vec<usize>> {
    let found = options
        .data_shapes
        .iter()
        .find(|data| data.name.as_ref().is_none_or(|name| *name == info.name))?;
    let dims = dims?;
    let open_batch = dims.first().is_some_and(|dim| fixed(dim).is_none());
    let fits = |shape: &[usize]| {
        let agree = |(dim, &length): (&Dimension, &usize)| {
            length > 0 && fixed(dim).is_none_or(|fixed| i64::try_from(length) == Ok(fixed))
        };
        shape.len() == dims.len() && dims.iter().zip(shape).all(agree)
    };
    let mut candidates = vec![found.shape.clone()];
    if let Some((_, rest)) = found.shape.split_first() {
        // Samples along the batch axis, and along an axis of their own.
        let batch = dims
            .first()
            .and_then(fixed)
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(1);
        candidates.insert(0, [&[batch], rest].concat());
        candidates.push(rest.to_vec());
    }
    if open_batch {
        // Without the batch axis.
        candidates.push([&[1], found.shape.as_slice()].concat());
    }
    candidates.into_iter().find(|shape| fits(shape))
}

/// Names of the symbolic axes of an input.
pub(crate) fn symbols(info: &ValueInfoProto) -> impl Iterator<Item = &str> {
    let open = dims(info)
        .unwrap_or_default()
        .iter()
        .filter(|dim| fixed(dim).is_none());
    open.map(|dim| dim.dim_param.as_str())
        .filter(|name| !name.is_empty())
}

/// The element type of a graph input, and its ONNX code.
pub(crate) fn element(info: &ValueInfoProto) -> Result<(Element, i32), ImportError> {
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
    let element = Element::of(code);
    element
        .map(|element| (element, code))
        .ok_or_else(|| fail(format!("a tensor of ONNX element type {code}")))
}

pub(crate) fn other_kind(value_type: &TypeProto) -> Option<&'static str> {
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
