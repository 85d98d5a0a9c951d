//! What the elements of a tensor are: reals at a scale, integers, booleans, or quantised numbers of a file's own scale.
//!
//! Every tensor of the integer graph holds integers; its [`ElementKind`] says what they stand for. Of a float value, [`Whole`] is what
//! is known before it has an integer form.

use crate::fixed_point::{round_half_up, times_power_of_two};
use crate::limits;
use crate::sink::Sink;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the integers of a tensor stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ElementKind {
    /// A real number, rounded: the integer q stands for `q / 2^scale_bits`.
    Real {
        /// Binary places.
        scale_bits: i32,
    },
    /// The number itself. An index of a range is one whose interval is the range.
    Integer,
    /// 0 or 1: false or true.
    Boolean,
    /// A quantised number as files have it: q stands for `scale · (q − zero_point)`.
    Quantized {
        /// The step from one number to the next.
        scale: Step,
        /// The integer that stands for zero.
        zero_point: i64,
    },
}

/// A positive finite number in single precision: the scale of quantised tensors. Encoded by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Step(u32);

impl Step {
    /// The bits of the number.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f32 {
        f32::from_bits(self.0)
    }
}

impl TryFrom<f32> for Step {
    type Error = String;

    fn try_from(number: f32) -> Result<Self, String> {
        match number.is_finite() && number > 0.0 {
            true => Ok(Self(number.to_bits())),
            false => Err(format!("a scale of {number}, expected a positive finite number")),
        }
    }
}

impl From<Step> for f32 {
    fn from(step: Step) -> Self {
        step.get()
    }
}

impl ElementKind {
    /// Reals at a scale.
    #[must_use]
    pub const fn real(scale_bits: i32) -> Self {
        Self::Real { scale_bits }
    }

    /// The s for which the integer q stands for `q / 2^s`; `None` of quantised tensors.
    #[must_use]
    pub fn scale_bits(self) -> Option<i32> {
        match self {
            Self::Real { scale_bits } => Some(scale_bits),
            Self::Integer | Self::Boolean => Some(0),
            Self::Quantized { .. } => None,
        }
    }

    /// Whether the elements are the numbers themselves: integers or booleans.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Integer | Self::Boolean)
    }

    /// What an integer stands for: exact up to one rounding to an `f64`.
    #[must_use]
    pub fn value(self, integer: i64) -> f64 {
        match self {
            Self::Quantized { scale, zero_point } => {
                // Both are less than 2^32 in magnitude in a graph that was accepted, so that the difference is exact.
                f64::from(scale.get()) * (integer.saturating_sub(zero_point)) as f64
            }
            _ => times_power_of_two(integer as f64, -self.scale_bits().unwrap_or(0)),
        }
    }

    /// The integer that stands for the number nearest to `value`, halves rounded up; `None` where there is none, or the elements are
    /// integers or booleans and `value` is not.
    #[must_use]
    pub fn integer(self, value: f64) -> Option<i64> {
        match self {
            Self::Real { scale_bits } => round_half_up(times_power_of_two(value, scale_bits)),
            Self::Integer | Self::Boolean => round_half_up(value).filter(|&integer| integer as f64 == value),
            Self::Quantized { scale, zero_point } => {
                quotient_half_up(value, scale.get().into())?.checked_add(zero_point)
            }
        }
    }

    /// Refuses scales, and intervals of integers, that the kind cannot have.
    pub(crate) fn check(self, interval: (i64, i64)) -> Result<(), String> {
        let within = |low: i64, high: i64| low <= interval.0 && interval.1 <= high;
        let most = limits::MAX_QUANTIZED_MAGNITUDE;
        match self {
            Self::Real { scale_bits }
                if scale_bits.unsigned_abs() > limits::MAX_SCALE_BITS.unsigned_abs() =>
            {
                Err(format!(
                    "scale_bits {scale_bits} is over ±{}",
                    limits::MAX_SCALE_BITS
                ))
            }
            Self::Boolean if !within(0, 1) => Err(format!(
                "the interval {interval:?} of booleans is not within 0 and 1"
            )),
            Self::Quantized { zero_point, .. }
                if zero_point.unsigned_abs() >= most.unsigned_abs() || !within(1 - most, most - 1) =>
            {
                Err(format!(
                    "quantised with the zero point {zero_point} and the interval {interval:?}, of which one is not within ±2^32"
                ))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn encode(self, sink: &mut dyn Sink) {
        match self {
            Self::Real { scale_bits } => {
                sink.number(0);
                sink.integer(scale_bits.into());
            }
            Self::Integer => sink.number(1),
            Self::Boolean => sink.number(2),
            Self::Quantized { scale, zero_point } => {
                sink.number(3);
                sink.number(scale.bits() as usize);
                sink.integer(zero_point);
            }
        }
    }
}

/// `⌊value / step + 1/2⌋`, exactly; `None` unless it is less than 2^32 in magnitude.
fn quotient_half_up(value: f64, step: f64) -> Option<i64> {
    let near = libm::floor(value / step);
    if near.is_nan() || near.abs() >= limits::MAX_QUANTIZED_MAGNITUDE as f64 {
        return None;
    }
    // The quotient was rounded, so that `near` may be one off. Single-precision numbers and halves of 33 bits are exact here, and
    // a fused multiplication has the sign of the exact result.
    let reaches = |integer: f64| libm::fma(0.5 - integer, step, value) >= 0.0;
    let found = [near + 2.0, near + 1.0, near, near - 1.0];
    found
        .into_iter()
        .find(|&integer| reaches(integer))
        .map(|integer| integer as i64)
}

impl fmt::Display for ElementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real { scale_bits } => write!(f, "reals (integers / 2^{scale_bits})"),
            Self::Integer => f.write_str("integers"),
            Self::Boolean => f.write_str("booleans"),
            Self::Quantized { scale, zero_point } => {
                write!(
                    f,
                    "quantised numbers ({} · (integers − {zero_point}))",
                    scale.get()
                )
            }
        }
    }
}

/// An integer or boolean type of ONNX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerType {
    /// Its name in ONNX, such as `int64`.
    pub name: &'static str,
    /// The least and the greatest value that it holds (of 64 unsigned bits, up to 2^63).
    pub holds: (i64, i64),
}

impl IntegerType {
    /// The type of indices.
    pub const INDEX: Self = Self {
        name: "int64",
        holds: (i64::MIN, i64::MAX),
    };

    /// The type of booleans.
    pub const BOOLEAN: Self = Self {
        name: "bool",
        holds: (0, 1),
    };

    /// Whether it has so few values that results wrap in practice, and that a tensor may have all of them: 8 or 16 bits, or one.
    #[must_use]
    pub fn is_narrow(self) -> bool {
        self.holds.1.saturating_sub(self.holds.0) < 1 << 16
    }

    /// Whether it holds all integers from the first one to the second one.
    #[must_use]
    pub fn contains(self, (low, high): (i64, i64)) -> bool {
        self.holds.0 <= low && high <= self.holds.1
    }

    /// Why results of this type are refused that reach further than it holds, and what to do.
    pub(crate) fn wraps(self, reach: &str) -> String {
        format!(
            "its results are of type {}, and {reach} for inputs in the ranges that are accepted: they would wrap, which is not \
             modelled; cast the operands to a wider type before this node",
            self.name
        )
    }

    /// What tensors of it hold.
    #[must_use]
    pub fn element(self) -> ElementKind {
        match self.holds {
            (0, 1) => ElementKind::Boolean,
            _ => ElementKind::Integer,
        }
    }
}

/// What is known about a float value whose elements are integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The ONNX type.
    pub kind: IntegerType,
    /// The values that elements can have, both ends inclusive: never more than the type holds.
    pub range: (i64, i64),
}

impl Whole {
    /// Everything that a type holds.
    #[must_use]
    pub fn of(kind: IntegerType) -> Self {
        Self {
            kind,
            range: kind.holds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantised(scale: f32, zero_point: i64) -> ElementKind {
        let scale = Step::try_from(scale).unwrap();
        ElementKind::Quantized { scale, zero_point }
    }

    #[test]
    fn halves_go_up_in_every_kind() {
        assert_eq!(ElementKind::real(1).integer(-0.25), Some(0));
        assert_eq!(ElementKind::Integer.integer(-7.0), Some(-7));
        assert_eq!(ElementKind::Integer.integer(0.5), None);
        let kind = quantised(0.5, 128);
        assert_eq!(
            [0.0, 0.25, -0.25, 63.5].map(|x| kind.integer(x)),
            [128, 129, 128, 255].map(Some)
        );
        assert_eq!((kind.value(128), kind.value(0)), (0.0, -64.0));
        assert_eq!(kind.integer(f64::NAN), None);
        assert_eq!(kind.integer(1e30), None);
    }

    #[test]
    fn only_positive_finite_numbers_are_scales() {
        for number in [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(Step::try_from(number).is_err(), "{number}");
        }
        assert_eq!(Step::try_from(f32::from_bits(1)).unwrap().bits(), 1);
        let text = serde_json::to_string(&quantised(0.1, -3)).unwrap();
        assert_eq!(
            serde_json::from_str::<ElementKind>(&text).unwrap(),
            quantised(0.1, -3)
        );
        assert!(serde_json::from_str::<ElementKind>(&text.replace("0.1", "-0.1")).is_err());
    }

    proptest! {
        #[test]
        fn quotients_are_rounded_exactly(numerator in -(1i64 << 24)..1i64 << 24, divisor in 1i64..1 << 24, shift in -20i32..20) {
            // Of integers the rounded quotient is known; a power of two on both changes nothing.
            let expected = (2 * numerator + divisor).div_euclid(2 * divisor);
            let power = libm::ldexp(1.0, shift);
            let found = quotient_half_up(numerator as f64 * power, divisor as f64 * power);
            prop_assert_eq!(found, Some(expected));
        }

        #[test]
        fn values_come_back(integer in -100_000i64..100_000, zero in -300i64..300, scale in 1e-6f32..1e6) {
            let kind = quantised(scale, zero);
            // The value is rounded to single precision on the way out, which stays below half a step for these.
            prop_assert_eq!(kind.integer(f64::from(kind.value(integer) as f32)), Some(integer));
        }
    }
}
