//! Inference inputs: JSON, `.npy` and `.npz` to samples.
//!
//! A *sample* is one tensor per model input. Data for an input of *n* elements may hold *k·n* numbers, in row-major
//! order whatever their nesting: they are *k* samples. All inputs must have the same *k*.
//!
//! - JSON `{"input_data": [[…], …]}`: one list per input, in the model's order. With a single input, everything
//!   under `input_data` belongs to it. Other keys are ignored.
//! - JSON `{"name": […], …}`: tensors by input name, nested or flat. Other keys are ignored.
//! - JSON `[{…}, {…}]`: several of these objects, one after the other.
//! - `.npz`: arrays by input name; other arrays (labels, say) are ignored. With a single input and a single array, the
//!   name does not matter.
//! - `.npy`: the array of a single input.
//!
//! NaN and infinities pass through here: the quantiser refuses them with the tensor's name.

mod json;
mod npy;
mod npz;

use hallmark_model::{FloatTensor, Graph, QuantizedGraph};
use ndarray::IxDyn;

/// Name and shape of a model input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The input's name.
    pub name: String,
    /// Its static shape.
    pub shape: Vec<usize>,
}

impl InputSpec {
    /// The inputs of a float graph.
    pub fn of_graph(graph: &Graph) -> Vec<Self> {
        let values = graph.inputs.iter().filter_map(|id| graph.values.get(id.0));
        values
            .map(|value| Self {
                name: value.name.clone(),
                shape: value.shape.clone(),
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
            })
            .collect()
    }

    fn elements(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1_usize, |product, &axis| product.checked_mul(axis))
            .filter(|&n| n > 0)
    }
}

/// Limits on inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLimits {
    /// Bytes of the file. JSON takes at most some 16 times as many in memory.
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

/// Why inputs cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file is over a limit.
    #[error(
        "{what}: {found} is over the limit of {limit}; split the file, or raise the limit if you trust it"
    )]
    TooLarge {
        /// What was measured.
        what: &'static str,
        /// Its size, or a lower bound of it.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are not JSON of the expected form.
    #[error(
        "the input is not valid JSON of numbers: {0}; expected {{\"input_data\": [[…]]}} or {{\"name\": […]}}"
    )]
    Json(#[from] serde_json::Error),
    /// A NumPy array cannot be read.
    #[error("NumPy array `{array}`: {problem}")]
    Npy {
        /// Name of the array (empty for a `.npy` file).
        array: String,
        /// What is wrong.
        problem: String,
    },
    /// The archive cannot be read.
    #[error("the .npz archive cannot be read: {0}")]
    Npz(#[from] zip::result::ZipError),
    /// A model input has no data.
    #[error("no data for the model's input `{input}`; the file has: {found}")]
    MissingInput {
        /// The input's name.
        input: String,
        /// Names in the file.
        found: String,
    },
    /// The number of lists is not the number of model inputs.
    #[error("`input_data` holds {found} lists, the model has {expected} inputs: {names}")]
    InputCount {
        /// Number of model inputs.
        expected: usize,
        /// Number of lists.
        found: usize,
        /// Names of the model's inputs.
        names: String,
    },
    /// The number of elements is not a multiple of the input's.
    #[error(
        "input `{input}` of shape {shape:?} needs {expected} numbers (or a multiple, for several samples), found {found}"
    )]
    Elements {
        /// The input's name.
        input: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Its number of elements.
        expected: usize,
        /// Numbers in the file.
        found: usize,
    },
    /// Two inputs have different numbers of samples.
    #[error("input `{input}` has {found} samples, the inputs before it have {expected}")]
    SampleCount {
        /// The input's name.
        input: String,
        /// Samples of the first input.
        expected: usize,
        /// Samples of this one.
        found: usize,
    },
}

/// Numbers under a name, or in a position.
pub(crate) struct Entry {
    pub name: String,
    pub values: Vec<f32>,
}

/// Reads samples from a JSON, `.npy` or `.npz` file; the bytes say which it is.
///
/// The result has one element per sample, each of one tensor per input in the order of `inputs`.
///
/// # Errors
/// [`InputError`] names the input or array, what was expected and what came.
pub fn parse(
    bytes: &[u8],
    inputs: &[InputSpec],
    limits: &InputLimits,
) -> Result<Vec<Vec<FloatTensor>>, InputError> {
    if bytes.len() > limits.file_bytes {
        let (found, limit) = (bytes.len(), limits.file_bytes);
        return Err(InputError::TooLarge {
            what: "the input file's bytes",
            found,
            limit,
        });
    }
    if bytes.starts_with(npy::MAGIC) {
        let array = npy::read(bytes, "", limits.elements)?;
        return samples(inputs, by_position(inputs, vec![array])?);
    }
    if bytes.starts_with(npz::MAGIC) {
        let arrays = npz::read(bytes, inputs, limits)?;
        return samples(inputs, by_name(inputs, arrays)?);
    }
    json::read(bytes, inputs)
}

/// Data of every input, from lists in the model's order.
fn by_position(inputs: &[InputSpec], lists: Vec<Vec<f32>>) -> Result<Vec<Vec<f32>>, InputError> {
    if lists.len() == inputs.len() {
        return Ok(lists);
    }
    if inputs.len() == 1 {
        return Ok(vec![lists.concat()]);
    }
    let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
    Err(InputError::InputCount {
        expected: inputs.len(),
        found: lists.len(),
        names: names.join(", "),
    })
}

/// Data of every input, by name.
fn by_name(inputs: &[InputSpec], mut entries: Vec<Entry>) -> Result<Vec<Vec<f32>>, InputError> {
    inputs
        .iter()
        .map(
            |input| match entries.iter().position(|entry| entry.name == input.name) {
                Some(index) => Ok(entries.swap_remove(index).values),
                None => {
                    let found: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
                    Err(InputError::MissingInput {
                        input: input.name.clone(),
                        found: found.join(", "),
                    })
                }
            },
        )
        .collect()
}

/// Cuts the data of every input into samples.
fn samples(inputs: &[InputSpec], data: Vec<Vec<f32>>) -> Result<Vec<Vec<FloatTensor>>, InputError> {
    let mut result: Vec<Vec<FloatTensor>> = Vec::new();
    for (position, (input, values)) in inputs.iter().zip(data).enumerate() {
        let mismatch = |found: usize| InputError::Elements {
            input: input.name.clone(),
            shape: input.shape.clone(),
            expected: input.elements().unwrap_or(0),
            found,
        };
        let elements = input.elements().ok_or_else(|| mismatch(values.len()))?;
        let count = values.len() / elements;
        if count == 0 || !values.len().is_multiple_of(elements) {
            return Err(mismatch(values.len()));
        }
        if position == 0 {
            result.resize_with(count, Vec::new);
        }
        if count != result.len() {
            let (expected, found) = (result.len(), count);
            return Err(InputError::SampleCount {
                input: input.name.clone(),
                expected,
                found,
            });
        }
        for (sample, chunk) in result.iter_mut().zip(values.chunks_exact(elements)) {
            let tensor = FloatTensor::from_shape_vec(IxDyn(&input.shape), chunk.to_vec());
            sample.push(tensor.map_err(|_| mismatch(chunk.len()))?);
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str, shape: &[usize]) -> InputSpec {
        InputSpec {
            name: name.to_owned(),
            shape: shape.to_vec(),
        }
    }

    fn read(text: &str, inputs: &[InputSpec]) -> Result<Vec<Vec<Vec<f32>>>, InputError> {
        let samples = parse(text.as_bytes(), inputs, &InputLimits::default())?;
        let flat = |tensor: &FloatTensor| tensor.iter().copied().collect();
        Ok(samples
            .iter()
            .map(|sample| sample.iter().map(flat).collect())
            .collect())
    }

    #[test]
    fn one_input() {
        let x = [spec("x", &[1, 2])];
        for text in [
            r#"{"input_data": [[1, 2]]}"#,
            r#"{"input_data": [1, 2.0], "input_shapes": [[1, 2]]}"#,
            r#"{"x": [[1], [2e0]], "label": 7, "note": "text", "more": {"a": [null]}}"#,
            r#"[{"input_data": [[[1, 2]]]}]"#,
        ] {
            assert_eq!(read(text, &x).unwrap(), [[[1.0, 2.0]]], "{text}");
        }
        for text in [
            r#"{"input_data": [[1, 2, 3, 4]]}"#,
            r#"{"input_data": [[1, 2], [3, 4]]}"#,
            r#"{"x": [1, 2, 3, 4]}"#,
            r#"[{"x": [1, 2]}, {"input_data": [[3, 4]]}]"#,
        ] {
            assert_eq!(read(text, &x).unwrap(), [[[1.0, 2.0]], [[3.0, 4.0]]], "{text}");
        }
    }

    #[test]
    fn two_inputs() {
        let inputs = [spec("a", &[2]), spec("b", &[])];
        let expected = vec![vec![vec![1.0, 2.0], vec![5.0]], vec![vec![3.0, 4.0], vec![6.0]]];
        assert_eq!(
            read(r#"{"input_data": [[1, 2, 3, 4], [5, 6]]}"#, &inputs).unwrap(),
            expected
        );
        assert_eq!(
            read(r#"{"b": [5, 6], "a": [[1, 2], [3, 4]]}"#, &inputs).unwrap(),
            expected
        );
        assert!(matches!(
            read(r#"{"input_data": [[1, 2]]}"#, &inputs),
            Err(InputError::InputCount { .. })
        ));
        assert!(matches!(
            read(r#"{"a": [1, 2]}"#, &inputs),
            Err(InputError::MissingInput { .. })
        ));
        let uneven = read(r#"{"a": [1, 2, 3, 4], "b": [5]}"#, &inputs);
        assert!(matches!(uneven, Err(InputError::SampleCount { .. })));
    }

    #[test]
    fn malformed_json() {
        let x = [spec("x", &[2])];
        for text in [
            "",
            "{",
            "[]",
            "{\"x\": [1, \"2\"]}",
            "{\"x\": [1, NaN]}",
            "7",
            "{\"x\": [true, 1]}",
            "{\"x\": {}}",
        ] {
            assert!(read(text, &x).is_err(), "{text}");
        }
        assert!(matches!(
            read("{\"x\": [1, 2, 3]}", &x),
            Err(InputError::Elements { found: 3, .. })
        ));
        let deep = "[".repeat(100_000);
        assert!(matches!(read(&deep, &x), Err(InputError::Json(_))));
        assert!(matches!(
            read(&format!("{{\"x\": {deep}"), &x),
            Err(InputError::Json(_))
        ));
    }
}
