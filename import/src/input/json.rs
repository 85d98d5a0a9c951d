//! Inputs as JSON. Numbers go straight into flat vectors; no tree is built.

use super::{Entry, InputError, InputSpec, by_name, by_position, samples};
use hallmark_model::FloatTensor;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The key under which inputs lie by position.
const POSITIONAL: &str = "input_data";

/// Reads one object, or a list of objects.
pub(super) fn read(bytes: &[u8], inputs: &[InputSpec]) -> Result<Vec<Vec<FloatTensor>>, InputError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let objects = deserializer.deserialize_any(Objects { inputs })?;
    deserializer.end()?;
    let mut result = Vec::new();
    for object in objects {
        let data = match object.lists {
            Some(lists) => by_position(inputs, lists)?,
            None => by_name(inputs, object.entries)?,
        };
        result.extend(samples(inputs, data)?);
    }
    match result.is_empty() {
        true => Err(InputError::Json(serde_json::Error::custom("an empty list"))),
        false => Ok(result),
    }
}

/// What one object holds.
#[derive(Default)]
struct Object {
    /// Numbers by position.
    lists: Option<Vec<Vec<f32>>>,
    /// Numbers by name.
    entries: Vec<Entry>,
}

/// Visits an object, or a list of objects.
struct Objects<'a> {
    inputs: &'a [InputSpec],
}

impl<'de> Visitor<'de> for Objects<'_> {
    type Value = Vec<Object>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `input_data` or with tensors by name, or a list of such objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = Object::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == POSITIONAL {
                object.lists = Some(map.next_value_seed(Lists)?);
            } else if self.inputs.iter().any(|input| input.name == key) {
                let mut values = Vec::new();
                map.next_value_seed(Numbers(&mut values))?;
                object.entries.push(Entry { name: key, values });
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(vec![object])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut objects = Vec::new();
        while let Some(object) = list.next_element_seed(OneObject { inputs: self.inputs })? {
            objects.extend(object);
        }
        Ok(objects)
    }
}

/// An object within a list.
struct OneObject<'a> {
    inputs: &'a [InputSpec],
}

impl<'de> DeserializeSeed<'de> for OneObject<'_> {
    type Value = Vec<Object>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(Objects { inputs: self.inputs })
    }
}

/// The value of `input_data`: a list whose elements are kept apart, each of them flattened.
struct Lists;

impl<'de> DeserializeSeed<'de> for Lists {
    type Value = Vec<Vec<f32>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Lists {
    type Value = Vec<Vec<f32>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lists of numbers, one per model input")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut lists = Vec::new();
        loop {
            let mut values = Vec::new();
            match list.next_element_seed(Numbers(&mut values))? {
                Some(()) => lists.push(values),
                None => return Ok(lists),
            }
        }
    }
}

/// A number, or a list of numbers of any nesting, appended to a vector. The parser bounds the depth.
struct Numbers<'a>(&'a mut Vec<f32>);

impl<'de> DeserializeSeed<'de> for Numbers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Numbers<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list of numbers")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.push(value as f32);
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.0.push(value as f32);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.0.push(value as f32);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Numbers(self.0))?.is_some() {}
        Ok(())
    }
}
