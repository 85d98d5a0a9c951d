//! Inputs as JSON. Numbers go straight into flat vectors; no tree is built.

use super::nest::Nest;
use super::numbers::{Number, Numbers};
use super::{Array, Entry, InputError, InputSpec, by_name, by_position, note_name, samples};
use hallmark_model::FloatTensor;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The key under which inputs lie by position.
pub(super) const POSITIONAL: &str = "input_data";
/// The key under which the service's requests have an input.
pub(super) const WRAPPED: &str = "input";

/// Reads one object, a list of objects, or bare numbers.
pub(super) fn read(bytes: &[u8], inputs: &[InputSpec]) -> Result<Vec<Vec<FloatTensor>>, InputError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let objects = deserializer.deserialize_any(Document { inputs })?;
    deserializer.end()?;
    let mut result = Vec::new();
    for object in objects {
        if let Some(name) = object.repeated {
            return Err(InputError::Repeated { name });
        }
        let data = match (object.lists, object.entries.first()) {
            (Some(_), Some(entry)) => {
                return Err(InputError::TwoForms {
                    name: entry.name.clone(),
                });
            }
            (Some(lists), None) => by_position(inputs, lists, object.place)?,
            (None, _) => by_name(inputs, object.entries, &object.names)?,
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
    lists: Option<Vec<Array>>,
    /// Where those are, for messages.
    place: &'static str,
    /// Numbers by name.
    entries: Vec<Entry>,
    /// Names of all members, for messages.
    names: Vec<String>,
    /// A member that is there twice.
    repeated: Option<String>,
}

impl Object {
    /// Bare numbers.
    fn bare(lists: Vec<Array>) -> Self {
        Self {
            lists: Some(lists),
            place: "the list",
            ..Self::default()
        }
    }

    /// Whether a member's name is new.
    fn is_new(&mut self, name: &str) -> bool {
        let there = match name {
            POSITIONAL => self.lists.is_some(),
            name => self.entries.iter().any(|entry| entry.name == name),
        };
        if there {
            self.repeated.get_or_insert_with(|| name.to_owned());
        }
        !there
    }
}

/// Visits an object, a list of objects, or numbers.
#[derive(Clone, Copy)]
struct Document<'a> {
    inputs: &'a [InputSpec],
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Vec<Object>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Vec<Object>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `input_data` or with tensors by name, a list of such objects, or numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = Object::default();
        let mut wrapped = None;
        while let Some(key) = map.next_key::<String>()? {
            note_name(&mut object.names, &key);
            let named = self.inputs.iter().any(|input| input.name == key);
            if key == WRAPPED && !named {
                if wrapped.is_some() {
                    object.repeated.get_or_insert(key);
                }
                wrapped = Some(map.next_value_seed(self)?);
            } else if (key != POSITIONAL && !named) || !object.is_new(&key) {
                map.next_value::<IgnoredAny>()?;
            } else if key == POSITIONAL {
                object.lists = Some(map.next_value_seed(Lists)?);
                object.place = "`input_data`";
            } else {
                let mut numbers = Numbers::default();
                let shape = map.next_value_seed(Nest(Some(&mut numbers)))?;
                let array = Array { numbers, shape };
                object.entries.push(Entry { name: key, array });
            }
        }
        // Where the object itself has no data, it is a request around them.
        let bare = object.lists.is_none() && object.entries.is_empty() && object.repeated.is_none();
        Ok(match wrapped {
            Some(wrapped) if bare => wrapped,
            _ => vec![object],
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut objects, mut numbers) = (Vec::new(), Vec::new());
        while let Some(element) = list.next_element_seed(Element { inputs: self.inputs })? {
            match element {
                Either::Objects(found) => objects.extend(found),
                Either::Numbers(array) => numbers.push(array),
            }
            if !objects.is_empty() && !numbers.is_empty() {
                return Err(A::Error::custom("a list of objects and of numbers at once"));
            }
        }
        Ok(match numbers.is_empty() {
            true => objects,
            false => vec![Object::bare(numbers)],
        })
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(number(Number::Float(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(number(Number::Integer(value.into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(number(Number::Integer(value.into())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(number(Number::Boolean(value)))
    }
}

/// A document that is a number.
fn number(number: Number) -> Vec<Object> {
    vec![Object::bare(vec![Array::scalar(number)])]
}

/// An element of the outermost list.
struct Element<'a> {
    inputs: &'a [InputSpec],
}

/// What it is.
enum Either {
    Objects(Vec<Object>),
    Numbers(Array),
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = Either;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = Either;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a number or a list of numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Document { inputs: self.inputs }
            .visit_map(map)
            .map(Either::Objects)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        let mut numbers = Numbers::default();
        let shape = Nest(Some(&mut numbers)).visit_seq(list)?;
        Ok(Either::Numbers(Array { numbers, shape }))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Either::Numbers(Array::scalar(Number::Float(value))))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Either::Numbers(Array::scalar(Number::Integer(value.into()))))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Either::Numbers(Array::scalar(Number::Integer(value.into()))))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Either::Numbers(Array::scalar(Number::Boolean(value))))
    }
}

/// The value of `input_data`: a list whose elements are kept apart, each of them flattened.
struct Lists;

impl<'de> DeserializeSeed<'de> for Lists {
    type Value = Vec<Array>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Lists {
    type Value = Vec<Array>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lists of numbers, one per model input")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut lists = Vec::new();
        loop {
            let mut numbers = Numbers::default();
            match list.next_element_seed(Nest(Some(&mut numbers)))? {
                Some(shape) => lists.push(Array { numbers, shape }),
                None => return Ok(lists),
            }
        }
    }
}
