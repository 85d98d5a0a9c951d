//! Rectifier.

/// `max(x, 0)`.
pub(crate) fn apply(x: f64) -> f64 {
    x.max(0.0)
}
