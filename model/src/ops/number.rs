//! A number in the float graph.

/// A number of a tensor's own type, so that an integer is not rounded to single precision on its way to the integer graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Of a tensor of floats.
    Real(f32),
    /// Of a tensor of integers or booleans.
    Integer(i64),
}

impl Number {
    /// The number in single precision.
    #[must_use]
    pub fn real(self) -> f32 {
        match self {
            Self::Real(value) => value,
            Self::Integer(value) => value as f32,
        }
    }

    /// The integer; of a real number what is left without its fraction.
    #[must_use]
    pub fn integer(self) -> i64 {
        match self {
            Self::Real(value) => value as i64,
            Self::Integer(value) => value,
        }
    }
}
