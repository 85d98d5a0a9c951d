//! Gaussian error linear unit (Hendrycks and Gimpel, arXiv:1606.08415).

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// `x · Φ(x)`, or the approximation `x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³)))`.
pub(crate) fn apply(x: f64, tanh: bool) -> f64 {
    if tanh {
        let inner = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044715 * x * x * x);
        return 0.5 * x * (1.0 + libm::tanh(inner));
    }
    0.5 * x * (1.0 + libm::erf(x * FRAC_1_SQRT_2))
}
