//! Data to samples: which numbers are for which input, and where one sample ends.

use super::array::{Array, Elements, Entry};
use super::error::InputError;
use super::order;
use super::spec::InputSpec;
use hallmark_model::FloatTensor;
use ndarray::IxDyn;

/// Data of every input, from the elements of a list in the model's order.
pub(super) fn by_position(
    inputs: &[InputSpec],
    elements: Elements,
    place: &'static str,
) -> Result<Vec<Array>, InputError> {
    elements.into_arrays().map_err(|(found, bare)| {
        let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
        InputError::InputCount {
            place,
            what: if bare { "numbers" } else { "lists" },
            expected: inputs.len(),
            found,
            names: names.join(", "),
        }
    })
}

/// Data of every input, by name. `names` is what there is, for the message about a missing one.
pub(super) fn by_name(
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
    if !order::fits(stated, &input.shape, count) {
        return Err(InputError::Shape {
            input: input.name.clone(),
            expected: input.shape.clone(),
            found: stated.clone(),
            order: order::order(stated, &input.shape, count),
        });
    }
    Ok(count)
}

/// Cuts the data of every input into samples.
pub(super) fn samples(inputs: &[InputSpec], data: Vec<Array>) -> Result<Vec<Vec<FloatTensor>>, InputError> {
    let mut result: Vec<Vec<FloatTensor>> = Vec::new();
    for (position, (input, array)) in inputs.iter().zip(data).enumerate() {
        let count = count(input, &array)?;
        if position == 0 {
            result.resize_with(count, || Vec::with_capacity(inputs.len()));
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
