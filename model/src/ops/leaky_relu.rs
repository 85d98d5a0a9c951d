//! Leaky rectifier.

/// `x` where positive, else `alpha · x`.
pub(crate) fn apply(x: f64, alpha: f64) -> f64 {
    if x < 0.0 { alpha * x } else { x }
}
