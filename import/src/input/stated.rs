//! The shapes that data state about themselves, for a model that leaves its own open.

use super::nest::Nest;
use super::text::without_mark;
use super::{json, npy, npz};
use crate::DataShape;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

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
    let text = without_mark(bytes);
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

impl<'de> DeserializeSeed<'de> for First {
    type Value = Vec<DataShape>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(Shapes)
    }
}
