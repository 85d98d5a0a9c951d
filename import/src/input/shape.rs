//! The shape that data state about themselves, beside the model's.

use super::nest::Nest;
use super::{json, npy, npz};
use crate::DataShape;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Axes of data for which a fitting order is looked for.
const MAX_ORDERED: usize = 6;

/// Whether data of shape `stated` can be an input of shape `expected`, or `samples` of them one after the other.
///
/// Axes of length 1 do not matter: they change no element's place. What else may differ is an axis of samples in front, and
/// flat data state no shape.
pub(super) fn fits(stated: &[usize], expected: &[usize], samples: usize) -> bool {
    let long =
        |shape: &[usize]| -> Vec<usize> { shape.iter().copied().filter(|&length| length != 1).collect() };
    let (stated, wanted) = (long(stated), long(expected));
    let elements: usize = wanted.iter().product();
    match stated.split_first() {
        None => true,
        Some((_, [])) => true,
        Some((&first, rest)) => {
            let stacked = first == samples && (rest == wanted || rest == [elements]);
            // Samples along the batch axis that the model has itself.
            let batches = expected.first().is_some_and(|&batch| {
                batch > 1 && batch.checked_mul(samples) == Some(first) && wanted.get(1..) == Some(rest)
            });
            stated == wanted || stacked || batches
        }
    }
}

/// An order of axes in which the data would fit.
pub(super) fn order(stated: &[usize], expected: &[usize], samples: usize) -> Option<Vec<usize>> {
    if stated.len() > MAX_ORDERED {
        return None;
    }
    let mut order: Vec<usize> = (0..stated.len()).collect();
    loop {
        let turned: Vec<usize> = order
            .iter()
            .filter_map(|&axis| stated.get(axis).copied())
            .collect();
        if fits(&turned, expected, samples) {
            return Some(order);
        }
        if !next_permutation(&mut order) {
            return None;
        }
    }
}

/// The next order in lexicographic order.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(turn) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else {
        return false;
    };
    if let Some(swap) = (turn + 1..order.len())
        .rev()
        .find(|&later| order[later] > order[turn])
    {
        order.swap(turn, swap);
    }
    order[turn + 1..].reverse();
    true
}

/// The shapes that a JSON, `.npy` or `.npz` file states for the arrays in it: what [`crate::ImportOptions::data_shapes`]
/// takes. Empty where the bytes state none; whether they can be read is for [`super::parse`] to say.
pub fn stated_shapes(bytes: &[u8]) -> Vec<DataShape> {
    if bytes.starts_with(npy::MAGIC) {
        let shape = npy::shape(bytes);
        return shape
            .map(|shape| DataShape { name: None, shape })
            .into_iter()
            .collect();
    }
    if bytes.starts_with(npz::MAGIC) {
        return npz::shapes(bytes).unwrap_or_default();
    }
    let text = super::without_mark(bytes);
    serde_json::Deserializer::from_slice(text)
        .deserialize_any(Shapes)
        .unwrap_or_default()
}

/// Visits an object with tensors by name, or a list that begins with one.
struct Shapes;

impl<'de> Visitor<'de> for Shapes {
    type Value = Vec<DataShape>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut shapes = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let positional = name == json::POSITIONAL;
            if let Some(shape) = map.next_value_seed(Nest(None))?
                && shapes.len() < npz::MAX_ARRAYS
            {
                // Of several lists by position it is not known here which input each belongs to; of a single one it is.
                let shape = match (positional, shape.as_slice()) {
                    (true, [1, rest @ ..]) => rest.to_vec(),
                    _ => shape,
                };
                let name = Some(name).filter(|_| !positional);
                shapes.push(DataShape { name, shape });
            }
        }
        Ok(shapes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let first = list.next_element_seed(First)?;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first.unwrap_or_default())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// The first element of a list of objects.
struct First;

impl<'de> serde::de::DeserializeSeed<'de> for First {
    type Value = Vec<DataShape>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(Shapes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_one_and_samples_in_front_do_not_matter() {
        for (stated, expected, samples) in [
            (&[][..], &[1, 1][..], 1),
            (&[192], &[1, 3, 8, 8], 1),
            (&[384], &[1, 3, 8, 8], 2),
            (&[3, 8, 8], &[1, 3, 8, 8], 1),
            (&[1, 1, 3, 8, 8], &[1, 3, 8, 8], 1),
            (&[5, 3, 8, 8], &[1, 3, 8, 8], 5),
            (&[5, 1, 3, 8, 8], &[1, 3, 8, 8], 5),
            (&[5, 192], &[1, 3, 8, 8], 5),
            (&[6, 4], &[2, 4], 3),
            (&[3, 2, 4], &[2, 4], 3),
            (&[8, 8, 1], &[1, 1, 8, 8], 1),
        ] {
            assert!(fits(stated, expected, samples), "{stated:?} {expected:?}");
        }
        for (stated, expected, samples) in [
            (&[8, 8, 3][..], &[1, 3, 8, 8][..], 1),
            (&[5, 8, 8, 3], &[1, 3, 8, 8], 5),
            (&[4, 6], &[6, 4], 1),
            (&[8, 8], &[1, 64], 1),
            (&[4, 2], &[1, 2, 4], 1),
        ] {
            assert!(!fits(stated, expected, samples), "{stated:?} {expected:?}");
        }
    }

    #[test]
    fn an_order_that_fits_is_found() {
        assert_eq!(order(&[8, 8, 3], &[1, 3, 8, 8], 1), Some(vec![2, 0, 1]));
        assert_eq!(order(&[5, 8, 9, 3], &[1, 3, 8, 9], 5), Some(vec![0, 3, 1, 2]));
        assert_eq!(order(&[8, 8], &[1, 64], 1), None);
        assert_eq!(order(&[2; 7], &[128], 1), None);
    }
}
