//! Inference inputs: JSON, `.npy` and `.npz` to samples.
//!
//! A *sample* is one tensor per model input. Data for an input of *n* elements may hold *k·n* numbers in row-major
//! order: they are *k* samples. All inputs must have the same *k*. Data that state a shape (arrays, nested lists) must
//! state the input's, but for axes of length 1 and an axis of samples in front; flat ones state none.
//!
//! - JSON `{"input_data": [[…], …]}`: one list per input, in the model's order. With a single input, everything
//!   under `input_data` belongs to it. Other keys are ignored.
//! - JSON `{"name": […], …}`: tensors by input name, nested or flat. Other keys are ignored.
//! - JSON `[{…}, {…}]`: several of these objects, one after the other.
//! - JSON `[…]`: the numbers of a single input, nested or flat.
//! - JSON `{"input": …}`: any of these, as requests to the service have it, where no input of the model is called `input`.
//! - `.npz`: arrays by input name; other arrays (labels, say) are ignored. With a single input and a single array, the
//!   name does not matter.
//! - `.npy`: the array of a single input.
//!
//! Numbers for an input of integers or booleans are exact: a fraction, and an integer that single precision does not hold, is an error,
//! in every form (5.0 and 5e0 are integers). `true` and `false` are taken for booleans only.
//!
//! NaN and infinities pass through here: the quantiser refuses them with the tensor's name.

mod error;
mod json;
mod nest;
mod npy;
mod npz;
mod numbers;
mod shape;

pub use error::InputError;
pub use shape::stated_shapes;

use hallmark_model::{ElementKind, FloatTensor, Graph, QuantizedGraph};
use ndarray::IxDyn;
use numbers::{Number, Numbers};

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
    /// Bytes of the file. JSON takes up to some 45 times as many in memory: a list of numbers of one digit.
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

/// Numbers under a name.
pub(crate) struct Entry {
    pub name: String,
    pub array: Array,
}

/// Numbers with the shape that their file states.
pub(crate) struct Array {
    numbers: Numbers,
    shape: nest::Stated,
}

impl Array {
    /// A single number.
    fn scalar(number: Number) -> Self {
        let mut numbers = Numbers::default();
        numbers.push(number);
        Self {
            numbers,
            shape: Some(Vec::new()),
        }
    }

    /// Arrays of equal shape, one after the other.
    fn stack(mut arrays: Vec<Self>) -> Self {
        if arrays.len() == 1
            && let Some(only) = arrays.pop()
        {
            return only;
        }
        let count = arrays.len();
        let first = arrays.first().and_then(|array| array.shape.clone());
        let equal = arrays.iter().all(|array| array.shape == first);
        let shape = first
            .filter(|_| equal)
            .map(|shape| [&[count], shape.as_slice()].concat());
        let mut numbers = Numbers::default();
        arrays.into_iter().for_each(|array| numbers.append(array.numbers));
        Self { numbers, shape }
    }
}

/// Names that messages list, and how much of each.
pub(crate) const NAMES: usize = 20;
const NAME_CHARACTERS: usize = 64;

/// Keeps the name of a member for a message.
pub(crate) fn note_name(names: &mut Vec<String>, name: &str) {
    if names.len() < NAMES {
        names.push(name.chars().take(NAME_CHARACTERS).collect());
    }
}

/// The text without a byte order mark.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Refuses text in UTF-16, which begins with its mark, or with a zero beside an ASCII character.
fn utf_8(bytes: &[u8]) -> Result<&[u8], InputError> {
    match bytes {
        [0x1f, 0x8b, ..] => Err(InputError::Compressed),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => {
            Err(InputError::Encoding { found: "UTF-32" })
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(InputError::Encoding { found: "UTF-16" }),
        [first, second, ..] if (*first == 0) != (*second == 0) => {
            Err(InputError::Encoding { found: "UTF-16" })
        }
        _ => Ok(without_mark(bytes)),
    }
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
        if let [_, _, ..] = inputs {
            let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
            return Err(InputError::OneArray {
                expected: inputs.len(),
                names: names.join(", "),
            });
        }
        return samples(inputs, by_position(inputs, vec![array], "the file")?);
    }
    if bytes.starts_with(npz::MAGIC) {
        let (arrays, names) = npz::read(bytes, inputs, limits)?;
        return samples(inputs, by_name(inputs, arrays, &names)?);
    }
    json::read(utf_8(bytes)?, inputs)
}

/// Data of every input, from lists in the model's order.
fn by_position(
    inputs: &[InputSpec],
    lists: Vec<Array>,
    place: &'static str,
) -> Result<Vec<Array>, InputError> {
    if inputs.len() == 1 {
        return Ok(vec![Array::stack(lists)]);
    }
    let bare = lists
        .iter()
        .all(|list| list.shape.as_ref().is_some_and(Vec::is_empty));
    if lists.len() == inputs.len() {
        return Ok(lists);
    }
    let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
    Err(InputError::InputCount {
        place,
        what: if bare { "numbers" } else { "lists" },
        expected: inputs.len(),
        found: lists.len(),
        names: names.join(", "),
    })
}

/// Data of every input, by name. `names` is what there is, for the message about a missing one.
fn by_name(
    inputs: &[InputSpec],
    mut entries: Vec<Entry>,
    names: &[String],
) -> Result<Vec<Array>, InputError> {
    inputs
        .iter()
        .map(
            |input| match entries.iter().position(|entry| entry.name == input.name) {
                Some(index) => Ok(entries.swap_remove(index).array),
                None => Err(InputError::MissingInput {
                    input: input.name.clone(),
                    found: names.to_vec(),
                }),
            },
        )
        .collect()
}

/// How many samples the numbers for an input are, if they state its shape or none.
fn count(input: &InputSpec, array: &Array) -> Result<usize, InputError> {
    let found = array.numbers.values.len();
    let mismatch = |expected: usize| InputError::Elements {
        input: input.name.clone(),
        shape: input.shape.clone(),
        expected,
        found,
    };
    let elements = input.elements().ok_or_else(|| mismatch(0))?;
    let count = found / elements;
    if count == 0 || !found.is_multiple_of(elements) {
        return Err(mismatch(elements));
    }
    let Some(stated) = &array.shape else {
        return Err(InputError::Uneven {
            input: input.name.clone(),
            expected: input.shape.clone(),
        });
    };
    if !shape::fits(stated, &input.shape, count) {
        return Err(InputError::Shape {
            input: input.name.clone(),
            expected: input.shape.clone(),
            found: stated.clone(),
            order: shape::order(stated, &input.shape, count),
        });
    }
    Ok(count)
}

/// Cuts the data of every input into samples.
fn samples(inputs: &[InputSpec], data: Vec<Array>) -> Result<Vec<Vec<FloatTensor>>, InputError> {
    let mut result: Vec<Vec<FloatTensor>> = Vec::new();
    for (position, (input, array)) in inputs.iter().zip(data).enumerate() {
        let count = count(input, &array)?;
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
        let values = &array.numbers.values;
        let elements = values.len() / count;
        array.numbers.check(input, elements)?;
        for (sample, chunk) in result.iter_mut().zip(values.chunks_exact(elements)) {
            let tensor = FloatTensor::from_shape_vec(IxDyn(&input.shape), chunk.to_vec());
            sample.push(tensor.map_err(|_| InputError::Elements {
                input: input.name.clone(),
                shape: input.shape.clone(),
                expected: elements,
                found: chunk.len(),
            })?);
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
            kind: InputKind::Real,
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
            "[1, 2]",
            "[[1, 2]]",
            r#"{"input": [1, 2], "nonce": "7"}"#,
            r#"{"input": {"x": [1, 2]}}"#,
            "\u{feff}[1, 2]",
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
    fn texts_name_what_is_there() {
        let inputs = [spec("img1", &[2]), spec("img2", &[2])];
        let error = |text: &str| read(text, &inputs).unwrap_err().to_string();
        let text = error(r#"{"img1": [1, 2], "image2": [3, 4]}"#);
        assert!(text.contains("`img2`; there is only `img1`, `image2`"), "{text}");
        let text = error(r#"{"data": [1, 2], "output_data": []}"#);
        assert!(text.contains("`data`, `output_data`"), "{text}");
        let text = error("{}");
        assert!(text.contains("no names at all"), "{text}");
        let text = error(r#"{"img1": [1, 2], "img1": [3, 4], "img2": [5, 6]}"#);
        assert!(text.contains("`img1` is there twice"), "{text}");
        let text = error(r#"{"input_data": [[1, 2], [3, 4]], "img1": [3, 4]}"#);
        assert!(text.contains("`input_data` and also `img1`"), "{text}");
        let text = error("[1, 2, 3]");
        assert!(
            text.contains("the list holds 3 numbers") && text.contains("img1, img2"),
            "{text}"
        );
        let text = error(r#"{"input_data": [[1, 2]]}"#);
        assert!(text.contains("`input_data` holds 1 lists"), "{text}");
        for (low, high) in [(0, 1), (1, 0)] {
            let wide: Vec<u8> = "\u{feff}{}"
                .encode_utf16()
                .flat_map(|unit| {
                    let bytes = unit.to_le_bytes();
                    [bytes[low], bytes[high]]
                })
                .collect();
            let refused = parse(&wide, &inputs, &InputLimits::default())
                .unwrap_err()
                .to_string();
            assert!(refused.contains("UTF-16"), "{refused}");
        }
    }

    #[test]
    fn shapes_that_data_state_are_compared() {
        let picture = [spec("x", &[1, 3, 2, 2])];
        let nested = |shape: &[usize]| {
            let list = |inner: String, length: &usize| format!("[{}]", vec![inner; *length].join(","));
            shape.iter().rev().fold("1".to_owned(), list)
        };
        for shape in [
            &[3, 2, 2][..],
            &[1, 3, 2, 2],
            &[12],
            &[4, 3, 2, 2],
            &[4, 1, 3, 2, 2],
            &[4, 12],
        ] {
            assert!(
                read(&format!(r#"{{"x": {}}}"#, nested(shape)), &picture).is_ok(),
                "{shape:?}"
            );
        }
        let turned = read(&format!(r#"{{"x": {}}}"#, nested(&[2, 2, 3])), &picture).unwrap_err();
        assert!(
            matches!(&turned, InputError::Shape { order: Some(order), .. } if *order == [2, 0, 1]),
            "{turned}"
        );
        let text = turned.to_string();
        assert!(
            text.contains("[2, 2, 3]") && text.contains("[1, 3, 2, 2]") && text.contains("(2, 0, 1)"),
            "{text}"
        );
        let uneven = read(r#"{"x": [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11, 12]]}"#, &picture).unwrap_err();
        assert!(matches!(uneven, InputError::Uneven { .. }), "{uneven}");
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
            "[1, {}]",
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
