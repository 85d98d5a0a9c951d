//! Nested lists of numbers, and the shape that their nesting states.

use super::numbers::{Number, Numbers};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The lengths of nested lists; `None` where lists of one level differ.
pub(super) type Stated = Option<Vec<usize>>;

/// A number, or a list of numbers of any nesting, appended to a vector. Without one, only the shape is wanted, and what is no
/// number has none. The parser bounds the depth.
pub(super) struct Nest<'a>(pub Option<&'a mut Numbers>);

impl Nest<'_> {
    fn number(self, value: Number) -> Stated {
        if let Some(values) = self.0 {
            values.push(value);
        }
        Some(Vec::new())
    }

    /// What is neither number nor list.
    fn other<E: Error>(self, what: &str) -> Result<Stated, E> {
        match self.0 {
            None => Ok(None),
            Some(_) => Err(E::custom(format!(
                "{what} where a number or a list of numbers is expected"
            ))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Nest<'_> {
    type Value = Stated;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Stated, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nest<'_> {
    type Value = Stated;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list of numbers")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Stated, E> {
        Ok(self.number(Number::Float(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Stated, E> {
        Ok(self.number(Number::Integer(value.into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Stated, E> {
        Ok(self.number(Number::Integer(value.into())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Stated, E> {
        Ok(self.number(Number::Boolean(value)))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Stated, E> {
        self.other("a text")
    }

    fn visit_unit<E: Error>(self) -> Result<Stated, E> {
        self.other("null")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stated, A::Error> {
        if self.0.is_none() {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        }
        self.other("an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Stated, A::Error> {
        let mut length = 0_usize;
        let mut inner: Stated = Some(Vec::new());
        while let Some(shape) = list.next_element_seed(Nest(self.0.as_deref_mut()))? {
            if length == 0 {
                inner = shape;
            } else if inner != shape {
                inner = None;
            }
            length += 1;
        }
        Ok(inner.map(|mut inner| {
            inner.insert(0, length);
            inner
        }))
    }
}
