//! A cast to integer.

/// Truncation towards zero.
pub(crate) fn apply(x: f64) -> f64 {
    libm::trunc(x)
}
