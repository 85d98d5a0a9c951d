//! Inputs as JSON. Numbers go straight into flat vectors, and objects into samples as they come: no tree is built.

use super::array::{Array, Elements, Entry};
use super::error::{InputError, note_name};
use super::nest::{Nest, Stated};
use super::numbers::{Number, Numbers};
use super::samples::{by_name, by_position, samples};
use super::spec::InputSpec;
use hallmark_model::FloatTensor;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The key under which inputs lie by position.
pub(super) const POSITIONAL: &str = "input_data";
/// The key under which the service's requests have an input.
const WRAPPED: &str = "input";

/// What is read, or why not. Text that is no JSON is an error of the deserializer, which comes before these.
type Samples = Result<Vec<Vec<FloatTensor>>, InputError>;

/// Reads one object, a list of objects, or bare numbers.
pub(super) fn read(bytes: &[u8], inputs: &[InputSpec]) -> Samples {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let found = deserializer.deserialize_any(Document { inputs })?;
    deserializer.end()?;
    let result = found.into_samples(inputs)?;
    match result.is_empty() {
        true => Err(InputError::Json(serde_json::Error::custom("an empty list"))),
        false => Ok(result),
    }
}

/// What a document is.
enum Found {
    /// An object, or bare numbers.
    Object(Box<Object>),
    /// A list of objects.
    Samples(Samples),
}

impl Found {
    /// Bare numbers.
    fn bare(elements: Elements) -> Self {
        Self::Object(Box::new(Object {
            elements: Some(elements),
            place: "the list",
            ..Object::default()
        }))
    }

    fn into_samples(self, inputs: &[InputSpec]) -> Samples {
        match self {
            Self::Object(object) => object.into_samples(inputs),
            Self::Samples(samples) => samples,
        }
    }
}

/// What one object holds.
#[derive(Default)]
struct Object {
    /// Numbers by position.
    elements: Option<Elements>,
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
    /// Whether a member's name is new.
    fn is_new(&mut self, name: &str) -> bool {
        let there = match name {
            POSITIONAL => self.elements.is_some(),
            name => self.entries.iter().any(|entry| entry.name == name),
        };
        if there {
            self.repeated.get_or_insert_with(|| name.to_owned());
        }
        !there
    }

    fn into_samples(self, inputs: &[InputSpec]) -> Samples {
        if let Some(name) = self.repeated {
            return Err(InputError::Repeated { name });
        }
        let data = match (self.elements, self.entries.first()) {
            (Some(_), Some(entry)) => {
                let name = entry.name.clone();
                return Err(InputError::TwoForms { name });
            }
            (Some(elements), None) => by_position(inputs, elements, self.place)?,
            (None, _) => by_name(inputs, self.entries, &self.names)?,
        };
        samples(inputs, data)
    }
}

/// Visits an object, a list of objects, or numbers.
#[derive(Clone, Copy)]
struct Document<'a> {
    inputs: &'a [InputSpec],
}

impl Document<'_> {
    /// A document that is a number.
    fn number(self, number: Number) -> Found {
        let mut elements = Elements::new(self.inputs.len());
        elements.numbers.push(number);
        elements.add(Some(Vec::new()));
        Found::bare(elements)
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `input_data` or with tensors by name, a list of such objects, or numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
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
                let inputs = self.inputs.len();
                object.elements = Some(map.next_value_seed(List { inputs })?);
                object.place = "`input_data`";
            } else {
                let mut numbers = Numbers::default();
                let shape = map.next_value_seed(Nest(Some(&mut numbers)))?;
                let array = Array { numbers, shape };
                object.entries.push(Entry { name: key, array });
            }
        }
        // Where the object itself has no data, it is a request around them.
        let bare = object.elements.is_none() && object.entries.is_empty() && object.repeated.is_none();
        Ok(match wrapped {
            Some(wrapped) if bare => wrapped,
            _ => Found::Object(Box::new(object)),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        let mut elements = Elements::new(self.inputs.len());
        let mut objects: Samples = Ok(Vec::new());
        loop {
            let element = Element {
                inputs: self.inputs,
                numbers: &mut elements.numbers,
            };
            match list.next_element_seed(element)? {
                Some(Either::Numbers(shape)) => elements.add(shape),
                Some(Either::Found(found)) => {
                    if let Ok(samples) = &mut objects {
                        match found.into_samples(self.inputs) {
                            Ok(more) => samples.extend(more),
                            Err(error) => objects = Err(error),
                        }
                    }
                }
                None => break,
            }
            let objects = !objects.as_ref().is_ok_and(Vec::is_empty);
            if objects && !elements.is_empty() {
                return Err(A::Error::custom("a list of objects and of numbers at once"));
            }
        }
        Ok(match elements.is_empty() {
            true => Found::Samples(objects),
            false => Found::bare(elements),
        })
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Found, E> {
        Ok(self.number(Number::Float(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Found, E> {
        Ok(self.number(Number::Integer(value.into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Found, E> {
        Ok(self.number(Number::Integer(value.into())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Found, E> {
        Ok(self.number(Number::Boolean(value)))
    }
}

/// An element of the outermost list.
struct Element<'a> {
    inputs: &'a [InputSpec],
    /// Where its numbers go.
    numbers: &'a mut Numbers,
}

/// What it is.
enum Either {
    Found(Found),
    /// Numbers, of which this is the shape.
    Numbers(Stated),
}

impl Element<'_> {
    fn nest(&mut self) -> Nest<'_> {
        Nest(Some(self.numbers))
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = Either;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Either, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = Either;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a number or a list of numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Either, A::Error> {
        let document = Document { inputs: self.inputs };
        document.visit_map(map).map(Either::Found)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, list: A) -> Result<Either, A::Error> {
        self.nest().visit_seq(list).map(Either::Numbers)
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<Either, E> {
        self.nest().visit_f64(value).map(Either::Numbers)
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<Either, E> {
        self.nest().visit_i64(value).map(Either::Numbers)
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<Either, E> {
        self.nest().visit_u64(value).map(Either::Numbers)
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<Either, E> {
        self.nest().visit_bool(value).map(Either::Numbers)
    }
}

/// The value of `input_data`: a list whose elements are kept apart, each of them flattened.
struct List {
    /// Inputs of the model.
    inputs: usize,
}

impl<'de> DeserializeSeed<'de> for List {
    type Value = Elements;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Elements, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Elements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lists of numbers, one per model input")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Elements, A::Error> {
        let mut elements = Elements::new(self.inputs);
        while let Some(shape) = list.next_element_seed(Nest(Some(&mut elements.numbers)))? {
            elements.add(shape);
        }
        Ok(elements)
    }
}
