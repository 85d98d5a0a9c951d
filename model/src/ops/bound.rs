//! Intervals of integers, for the static proof that nothing wraps.

use crate::limits::{MAX_MAGNITUDE, MAX_TERMS, MAX_WEIGHT};

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub low: i128,
    pub high: i128,
}

impl Bound {
    pub fn new(low: i64, high: i64) -> Self {
        Bound {
            low: low.into(),
            high: high.into(),
        }
    }

    pub fn point(value: i64) -> Self {
        Bound::new(value, value)
    }

    /// The least interval that contains both.
    pub fn hull(self, other: Bound) -> Bound {
        Bound {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// The least interval that contains this one and zero.
    pub fn with_zero(self) -> Bound {
        self.hull(Bound::point(0))
    }

    /// Sums of one element of each.
    pub fn plus(self, other: Bound) -> Bound {
        Bound {
            low: self.low + other.low,
            high: self.high + other.high,
        }
    }

    /// Products of one element of each.
    pub fn times(self, other: Bound) -> Bound {
        let corners = [
            self.low * other.low,
            self.low * other.high,
            self.high * other.low,
            self.high * other.high,
        ];
        let first = Bound {
            low: corners[0],
            high: corners[0],
        };
        corners
            .iter()
            .fold(first, |b, &c| b.hull(Bound { low: c, high: c }))
    }

    /// Greatest magnitude.
    pub fn magnitude(self) -> i128 {
        self.low.abs().max(self.high.abs())
    }

    /// The hull of a slice, which is not empty.
    pub fn of(values: &[i64]) -> Bound {
        let low = values.iter().copied().fold(i64::MAX, i64::min);
        let high = values.iter().copied().fold(i64::MIN, i64::max);
        Bound::new(low, high)
    }
}

/// Refuses sums whose terms together reach 2^62 in magnitude, because a partial sum could.
pub(crate) fn check_magnitude(magnitude: i128) -> Result<(), String> {
    if magnitude >= i128::from(MAX_MAGNITUDE) {
        return Err(format!(
            "partial sums can reach {magnitude}, the limit is 2^62; use fewer bits"
        ));
    }
    Ok(())
}

/// Refuses dot products so long that a sum of weights could wrap.
pub(crate) fn check_terms(terms: usize) -> Result<(), String> {
    if terms > MAX_TERMS {
        return Err(format!(
            "a dot product of {terms} terms, the limit is {MAX_TERMS}"
        ));
    }
    Ok(())
}

/// Refuses weights over the limit, and dot products so long that a sum of weights could wrap.
pub(crate) fn check_weights(weights: &[i64], terms: usize) -> Result<(), String> {
    check_terms(terms)?;
    // The bits of |w| or |w|−1 of all weights together: fast, and below the limit exactly when each of them is.
    let bits = weights.iter().fold(0, |bits, &w| bits | (w ^ (w >> 63)));
    if bits >= MAX_WEIGHT {
        return Err("a weight is 2^40 or more in magnitude; use fewer weight bits".to_owned());
    }
    Ok(())
}

/// Refuses bias values over the limit.
pub(crate) fn check_bias(bias: &[i64]) -> Result<(), String> {
    match bias
        .iter()
        .find(|b| b.unsigned_abs() >= MAX_MAGNITUDE.unsigned_abs())
    {
        Some(b) => Err(format!("bias value {b}, the limit is 2^62")),
        None => Ok(()),
    }
}
