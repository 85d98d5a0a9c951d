//! Hyperbolic tangent.

/// `tanh(x)`.
pub(crate) fn apply(x: f64) -> f64 {
    libm::tanh(x)
}
