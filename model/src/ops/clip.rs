//! Clipping.

/// `min(max(x, min), max)`; where the bounds cross, the upper one wins, as in ONNX.
pub(crate) fn apply(x: f64, min: f64, max: f64) -> f64 {
    x.max(min).min(max)
}
