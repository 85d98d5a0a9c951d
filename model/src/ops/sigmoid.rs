//! Logistic function.

/// `1 / (1 + e^−x)`.
pub(crate) fn apply(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}
