//! Numbers as a file has them, on their way to single precision.
//!
//! Every number goes into one vector of floats. What that would hide from an input of integers, a fraction or an integer that single
//! precision does not hold, is noted, because which input the numbers are for is not known while they are read.

use super::error::InputError;
use super::spec::{InputKind, InputSpec};
use std::fmt;

/// A number in the form that its file has it in.
#[derive(Clone, Copy)]
pub(super) enum Number {
    /// In floating point.
    Float(f64),
    /// An integer.
    Integer(i128),
    /// `true` or `false`.
    Boolean(bool),
}

/// Numbers in single precision, and what that hides.
#[derive(Default)]
pub(super) struct Numbers {
    /// The numbers.
    pub values: Vec<f32>,
    /// Few files have such.
    notes: Option<Box<Notes>>,
}

/// With their places, numbers that not every input takes.
#[derive(Clone, Copy, Default)]
struct Notes {
    /// The first one that is no integer, or one that single precision does not hold.
    inexact: Option<(usize, Number)>,
    /// The first one that is `true` or `false`.
    boolean: Option<(usize, bool)>,
}

impl Number {
    fn single(self) -> f32 {
        match self {
            Self::Float(value) => value as f32,
            Self::Integer(value) => value as f32,
            Self::Boolean(value) => f32::from(u8::from(value)),
        }
    }

    fn is_fraction(self) -> bool {
        matches!(self, Self::Float(value) if value.fract() != 0.0)
    }

    /// Whether it is not, in single precision, the integer that it is. NaN and infinities are refused elsewhere.
    fn is_inexact(self, single: f32) -> bool {
        match self {
            Self::Float(value) => value.is_finite() && (self.is_fraction() || f64::from(single) != value),
            Self::Integer(value) => single as i128 != value,
            Self::Boolean(_) => false,
        }
    }
}

impl Notes {
    /// These, or where they say nothing, others.
    fn or(self, other: Self) -> Self {
        Self {
            inexact: self.inexact.or(other.inexact),
            boolean: self.boolean.or(other.boolean),
        }
    }

    /// The same of numbers in other places.
    fn moved(self, place: impl Fn(usize) -> usize) -> Self {
        Self {
            inexact: self.inexact.map(|(index, number)| (place(index), number)),
            boolean: self.boolean.map(|(index, value)| (place(index), value)),
        }
    }
}

impl Numbers {
    /// Appends a number.
    pub fn push(&mut self, number: Number) {
        let (place, single) = (self.values.len(), number.single());
        self.values.push(single);
        if let Number::Boolean(value) = number {
            self.note(Notes {
                inexact: None,
                boolean: Some((place, value)),
            });
        } else if self.notes.as_ref().is_none_or(|notes| notes.inexact.is_none()) && number.is_inexact(single)
        {
            self.note(Notes {
                inexact: Some((place, number)),
                boolean: None,
            });
        }
    }

    fn note(&mut self, later: Notes) {
        let notes = self.notes.get_or_insert_default();
        **notes = notes.or(later);
    }

    /// The numbers in another order, in which `place` says where the one of an index comes.
    pub fn reordered(self, values: Vec<f32>, place: impl Fn(usize) -> usize) -> Self {
        let notes = self.notes.map(|notes| Box::new(notes.moved(place)));
        Self { values, notes }
    }

    /// Refuses numbers that the input does not take: fractions and rounded integers where it takes integers or booleans, `true` and
    /// `false` where it takes no booleans. `elements` are those of a sample.
    pub fn check(&self, input: &InputSpec, elements: usize) -> Result<(), InputError> {
        let Some(notes) = &self.notes else {
            return Ok(());
        };
        let samples = self.values.len() / elements;
        let at = |place: usize| {
            let sample = (samples > 1).then_some(place / elements);
            (
                input.name.clone(),
                sample,
                coordinates(&input.shape, place % elements),
            )
        };
        if let Some((place, value)) = notes.boolean.filter(|_| input.kind != InputKind::Boolean) {
            let (input, sample, index) = at(place);
            return Err(InputError::Boolean {
                input,
                sample,
                index,
                value,
            });
        }
        let Some((place, number)) = notes.inexact.filter(|_| input.kind != InputKind::Real) else {
            return Ok(());
        };
        let (input, sample, index) = at(place);
        let value = number.to_string();
        Err(match number.is_fraction() {
            true => InputError::NotWhole {
                input,
                sample,
                index,
                value,
            },
            false => InputError::LargeInteger {
                input,
                sample,
                index,
                value,
            },
        })
    }
}

/// Magnitudes of numbers in floating point that are written without an exponent.
const PLAIN: std::ops::Range<f64> = 1e-9..1e15;

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(value) if PLAIN.contains(&value.abs()) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:e}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Boolean(value) => write!(f, "{value}"),
        }
    }
}

/// Coordinates of a row-major index.
fn coordinates(shape: &[usize], mut index: usize) -> Vec<usize> {
    let mut result = vec![0; shape.len()];
    for (coordinate, &length) in result.iter_mut().zip(shape).rev() {
        *coordinate = index % length;
        index /= length;
    }
    result
}
