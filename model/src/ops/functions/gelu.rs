//! Gaussian error linear unit (Hendrycks and Gimpel, arXiv:1606.08415).

use super::{Activation, Attribute, Function, Onnx};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

pub(super) const FUNCTION: Function = Function {
    name: "Gelu",
    onnx: Some(Onnx {
        operator: "Gelu",
        attributes: &[Attribute::Choice {
            name: "approximate",
            words: &["none", "tanh"],
        }],
    }),
    formula: "x·Φ(x); with `tanh`: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))",
    remark: "also as the chain of operators that exporters write",
    value: |x, &[tanh, _]| gelu(x, tanh != 0.0),
    ..Function::PLAIN
};

fn gelu(x: f64, tanh: bool) -> f64 {
    if tanh {
        let inner = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044715 * x * x * x);
        return 0.5 * x * (1.0 + libm::tanh(inner));
    }
    0.5 * x * (1.0 + libm::erf(x * FRAC_1_SQRT_2))
}

impl Activation {
    /// `x · Φ(x)` with the error function, or its tanh approximation.
    #[must_use]
    pub fn gelu(tanh: bool) -> Self {
        Self::new(&FUNCTION, &[f32::from(u8::from(tanh))])
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::gelu(false), 1.0, 0.8413447461);
        check(Activation::gelu(true), 1.0, 0.8411919906);
    }
}
