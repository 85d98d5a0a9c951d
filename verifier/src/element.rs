//! What the integers of a tensor stand for.

use crate::codec::{Reader, Writer};
use crate::error::VerifyError;
use crate::problem::Problem;

/// What the integers of a tensor stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// A real number, rounded: the integer v stands for `v / 2^scale_bits`.
    Real {
        /// Binary places.
        scale_bits: i32,
    },
    /// The number itself.
    Integer,
    /// 0 or 1: false or true.
    Boolean,
    /// A quantised number: v stands for `scale · (v − zero_point)`.
    Quantized {
        /// A positive finite number in single precision, by its bits.
        scale: u32,
        /// The integer that stands for zero.
        zero_point: i64,
    },
}

impl ElementKind {
    /// Its word in documents for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Real { .. } => "real",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Quantized { .. } => "quantized",
        }
    }

    /// The s for which the integer v stands for `v / 2^s`; `None` of quantised numbers.
    #[must_use]
    pub fn scale_bits(self) -> Option<i32> {
        match self {
            Self::Real { scale_bits } => Some(scale_bits),
            Self::Integer | Self::Boolean => Some(0),
            Self::Quantized { .. } => None,
        }
    }

    /// Of quantised numbers, the step from one to the next.
    #[must_use]
    pub fn scale(self) -> Option<f32> {
        match self {
            Self::Quantized { scale, .. } => Some(f32::from_bits(scale)),
            _ => None,
        }
    }

    /// Of quantised numbers, the integer that stands for zero.
    #[must_use]
    pub fn zero_point(self) -> Option<i64> {
        match self {
            Self::Quantized { zero_point, .. } => Some(zero_point),
            _ => None,
        }
    }

    /// What an integer stands for: the nearest float, or one beside it.
    #[must_use]
    #[allow(clippy::as_conversions, reason = "the nearest float is what is wanted")]
    pub fn value(self, integer: i64) -> f64 {
        match self {
            Self::Quantized { scale, zero_point } => {
                f64::from(f32::from_bits(scale)) * integer.saturating_sub(zero_point) as f64
            }
            _ => integer as f64 * 2f64.powi(self.scale_bits().unwrap_or(0).saturating_neg()),
        }
    }

    /// What an integer stands for, for people: integers as they are, everything else with four places.
    #[must_use]
    pub fn in_words(self, integer: i64) -> String {
        match self {
            Self::Integer | Self::Boolean => integer.to_string(),
            _ => format!("{:.4}", self.value(integer)),
        }
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        match self {
            Self::Real { scale_bits } => {
                writer.u8(0);
                writer.raw(&scale_bits.to_le_bytes());
            }
            Self::Integer => writer.u8(1),
            Self::Boolean => writer.u8(2),
            Self::Quantized { scale, zero_point } => {
                writer.u8(3);
                writer.u32(scale);
                writer.raw(&zero_point.to_le_bytes());
            }
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, VerifyError> {
        match reader.u8("entry element")? {
            0 => Ok(Self::Real {
                scale_bits: reader.i32("entry scale")?,
            }),
            1 => Ok(Self::Integer),
            2 => Ok(Self::Boolean),
            3 => {
                let scale = reader.u32("entry scale")?;
                let number = f32::from_bits(scale);
                if !number.is_finite() || number <= 0.0 {
                    return Err(reader.error(
                        4,
                        "entry scale",
                        Problem::BadEncoding("a positive finite number"),
                    ));
                }
                let zero_point = reader.i64("entry zero point")?;
                Ok(Self::Quantized { scale, zero_point })
            }
            tag => Err(reader.error(1, "entry element", Problem::UnknownTag(tag))),
        }
    }
}

impl std::fmt::Display for ElementKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Real { scale_bits } => write!(f, "integers / 2^{scale_bits}"),
            Self::Integer => f.write_str("integers"),
            Self::Boolean => f.write_str("booleans"),
            Self::Quantized { scale, zero_point } => {
                write!(f, "{} · (integers − {zero_point})", f32::from_bits(*scale))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Document;

    #[test]
    fn every_kind_is_read_as_it_was_written_and_scales_are_numbers() {
        let scale = 0.25f32.to_bits();
        let kinds = [
            ElementKind::Real { scale_bits: -3 },
            ElementKind::Integer,
            ElementKind::Boolean,
            ElementKind::Quantized { scale, zero_point: 2 },
        ];
        for kind in kinds {
            let mut writer = Writer::default();
            kind.write(&mut writer);
            let mut reader = Reader::new(Document::Key, &writer.bytes);
            assert_eq!(ElementKind::read(&mut reader).unwrap(), kind);
            reader.finish().unwrap();
        }
        assert_eq!(kinds.map(|kind| kind.value(6)), [48.0, 6.0, 6.0, 1.0]);
        assert_eq!(kinds[3].to_string(), "0.25 · (integers − 2)");
        // No float holds this one.
        let large = (1 << 60) + 1;
        assert_eq!(ElementKind::Integer.in_words(large), "1152921504606846977");
        assert_eq!(kinds[3].in_words(7), "1.2500");
        for bits in [0, f32::NAN.to_bits(), f32::INFINITY.to_bits(), (-1f32).to_bits()] {
            let mut writer = Writer::default();
            ElementKind::Quantized {
                scale: bits,
                zero_point: 0,
            }
            .write(&mut writer);
            assert!(ElementKind::read(&mut Reader::new(Document::Key, &writer.bytes)).is_err());
        }
        assert!(ElementKind::read(&mut Reader::new(Document::Key, &[4])).is_err());
    }
}
