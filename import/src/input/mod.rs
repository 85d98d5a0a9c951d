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

mod array;
mod error;
mod json;
mod nest;
mod npy;
mod npz;
mod numbers;
mod order;
mod samples;
mod spec;
mod stated;
mod text;

pub use error::InputError;
pub use spec::{InputKind, InputLimits, InputSpec};
pub use stated::stated_shapes;

use array::Elements;
use hallmark_model::FloatTensor;
use samples::{by_name, by_position, samples};

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
        let mut elements = Elements::new(inputs.len());
        elements.numbers = array.numbers;
        elements.add(array.shape);
        return samples(inputs, by_position(inputs, elements, "the file")?);
    }
    if bytes.starts_with(npz::MAGIC) {
        let (arrays, names) = npz::read(bytes, inputs, limits)?;
        return samples(inputs, by_name(inputs, arrays, &names)?);
    }
    json::read(text::utf_8(bytes)?, inputs)
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
