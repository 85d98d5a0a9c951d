//! Piecewise approximation of `x · sigmoid(x)` (Howard et al., arXiv:1905.02244).

/// `x · max(0, min(1, x/6 + 1/2))`.
pub(crate) fn apply(x: f64) -> f64 {
    x * (x / 6.0 + 0.5).clamp(0.0, 1.0)
}
