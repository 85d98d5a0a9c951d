//! What can be wrong with the answers of an integer model, in words.

use hallmark_model::ColumnAccuracy;
use std::fmt;

/// The most bits that there are.
pub(crate) const MOST_BITS: u32 = 16;

/// Something that is wrong with the answers of an integer model.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What.
    pub what: Fault,
    /// Bits of activations and weights of the model.
    pub bits: u32,
    /// What becomes of it at the most bits that there are; `None` where the model has that many, or it was not tried.
    pub at_most_bits: Option<AtMostBits>,
}

/// What becomes of a fault at the most bits that there are.
#[derive(Clone, Debug, PartialEq)]
pub enum AtMostBits {
    /// It is not there.
    Gone,
    /// It is there.
    Still,
    /// Something else: in these words.
    Otherwise(String),
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Calibration samples that the integer model refuses.
    Refused {
        /// How many.
        refused: usize,
        /// Of how many.
        samples: usize,
        /// Why the first one.
        first: String,
    },
    /// Integers that are rounded.
    Rounded {
        /// The tensor that holds them rounded.
        tensor: String,
        /// Its ONNX type.
        kind: &'static str,
        /// What is rounded to multiples of 2^this.
        step_bits: u32,
        /// The integer output that they lead to, if the tensor itself is neither input nor output.
        output: Option<String>,
    },
    /// An output of integers with another value than the float model's.
    Inexact {
        /// The output.
        output: String,
        /// Its ONNX type.
        kind: &'static str,
        /// The sample, counted from 0.
        sample: usize,
        /// What the float model gives.
        expected: f32,
        /// What the integer model gives.
        got: f32,
    },
    /// Integers that leave their ONNX type.
    Overflow {
        /// The tensor.
        tensor: String,
        /// Its ONNX type.
        kind: &'static str,
        /// A value that the type does not hold.
        value: f64,
    },
    /// A column whose error is half its spread or more.
    Useless {
        /// The output.
        output: String,
        /// The column.
        column: ColumnAccuracy,
        /// The tensor that loses most, and its ratio of signal to noise in decibels.
        worst: Option<(String, f64)>,
    },
    /// A column whose error is not small beside its spread.
    Coarse {
        /// The output.
        output: String,
        /// The column.
        column: ColumnAccuracy,
        /// As in [`Fault::Useless`].
        worst: Option<(String, f64)>,
    },
    /// The greatest element is often another one.
    Disagrees {
        /// The output.
        output: String,
        /// Share of rows with the same one.
        agreement: f64,
        /// As in [`Fault::Useless`].
        worst: Option<(String, f64)>,
    },
}

impl Finding {
    /// Whether a model with it is not made unless that is asked for.
    #[must_use]
    pub fn is_grave(&self) -> bool {
        !matches!(self.what, Fault::Coarse { .. } | Fault::Disagrees { .. })
    }

    /// What becomes of it where the model has the faults `there`.
    pub(crate) fn among(&self, there: &[Self]) -> AtMostBits {
        let like = |other: &&Self| self.is_like(other);
        // Where a model is refused, its answers may not have been looked at further.
        if let Some(other) = there.iter().find(|other| other.is_grave()) {
            return match there.iter().find(like) {
                Some(_) => AtMostBits::Still,
                None => AtMostBits::Otherwise(format!("gone, but {other}")),
            };
        }
        match there.iter().find(like).map(|other| &other.what) {
            None => AtMostBits::Gone,
            Some(Fault::Coarse { column, .. }) => match column.relative_error() {
                Some(share) => AtMostBits::Otherwise(format!(
                    "the largest error is {:.1} % of a column's spread",
                    100.0 * share
                )),
                None => AtMostBits::Still,
            },
            Some(Fault::Disagrees { agreement, .. }) => AtMostBits::Otherwise(format!(
                "the same arg-max in {:.1} % of the rows",
                100.0 * agreement
            )),
            Some(_) => AtMostBits::Still,
        }
    }

    /// Whether another finding is the same fault, more or less of it.
    fn is_like(&self, other: &Self) -> bool {
        let place = |finding: &Self| match &finding.what {
            Fault::Refused { .. } => (0, String::new()),
            Fault::Rounded { tensor, .. } => (1, tensor.clone()),
            Fault::Inexact { output, .. } => (2, output.clone()),
            Fault::Overflow { tensor, .. } => (3, tensor.clone()),
            Fault::Useless { output, .. } | Fault::Coarse { output, .. } => (4, output.clone()),
            Fault::Disagrees { output, .. } => (5, output.clone()),
        };
        place(self) == place(other)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loses = |worst: &Option<(String, f64)>| {
            worst.as_ref().map_or_else(String::new, |(tensor, decibels)| {
                format!("; `{tensor}` loses most (signal to noise {decibels:.1} dB)")
            })
        };
        match &self.what {
            Fault::Refused {
                refused,
                samples,
                first,
            } => {
                write!(
                    f,
                    "{refused} of {samples} calibration samples are refused; the first: {first}"
                )
            }
            Fault::Rounded {
                tensor,
                kind,
                step_bits,
                output,
            } => {
                let leads = output.as_ref().map_or_else(String::new, |output| {
                    format!(", which leads to the output `{output}`,")
                });
                write!(
                    f,
                    "`{tensor}`{leads} is of type {kind} and would be rounded to multiples of {} at {} bits",
                    1u64 << step_bits.min(&63),
                    self.bits
                )
            }
            Fault::Inexact {
                output,
                kind,
                sample,
                expected,
                got,
            } => write!(
                f,
                "the output `{output}` is of type {kind} and not exact: {got} instead of {expected} for calibration sample {sample}"
            ),
            Fault::Overflow { tensor, kind, value } => write!(
                f,
                "`{tensor}` is of type {kind} and takes the value {value} on the calibration data: it would wrap, which is not \
                 modelled; cast it to float or a wider integer in the model"
            ),
            Fault::Useless {
                output,
                column,
                worst,
            } => write!(
                f,
                "{}: the error reaches {:.4} where the values spread over {:.4} only, so that it says little{}",
                place(output, column),
                column.max_abs_error,
                column.spread,
                loses(worst)
            ),
            Fault::Coarse {
                output,
                column,
                worst,
            } => write!(
                f,
                "{}: the error reaches {:.1} % of the values' spread{}",
                place(output, column),
                100.0 * column.relative_error().unwrap_or(0.0),
                loses(worst)
            ),
            Fault::Disagrees {
                output,
                agreement,
                worst,
            } => write!(
                f,
                "{output}: the same arg-max in {:.1} % of the rows only{}",
                100.0 * agreement,
                loses(worst)
            ),
        }
    }
}

fn place(output: &str, column: &ColumnAccuracy) -> String {
    format!("{output}, column {}", column.index)
}
