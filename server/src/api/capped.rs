//! Lists in bodies that end when they are too long: two bytes of JSON can be a hundred in memory.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A list of at most `N`. Reading stops at the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Capped<T, const N: usize>(pub Vec<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Capped<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader(PhantomData))
    }
}

struct Reader<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Reader<T, N> {
    type Value = Capped<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {N}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(element) = list.next_element()? {
            if read.len() == N {
                return Err(A::Error::custom(format_args!(
                    "expected a list of at most {N}, got more"
                )));
            }
            read.push(element);
        }
        Ok(Capped(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_stops_at_the_cap() {
        let read = |text: &str| serde_json::from_str::<Capped<u8, 3>>(text);
        assert_eq!(read("[1, 2, 3]").unwrap(), Capped(vec![1, 2, 3]));
        // What comes after the cap is not looked at.
        let error = read("[1, 2, 3, 4, nonsense").unwrap_err().to_string();
        assert!(error.contains("at most 3"), "{error}");
        assert!(
            read("{}")
                .unwrap_err()
                .to_string()
                .contains("a list of at most 3")
        );
    }
}
