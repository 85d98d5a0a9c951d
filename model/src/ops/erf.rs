//! Error function.

/// `2/√π ∫₀ˣ e^(−t²) dt`.
pub(crate) fn apply(x: f64) -> f64 {
    libm::erf(x)
}
