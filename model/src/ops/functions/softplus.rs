//! A smooth rectifier.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Softplus",
    onnx: Onnx::plain("Softplus"),
    formula: "ln(1 + e^x)",
    remark: "increasing",
    value: |x, _| value(x),
    ..Function::PLAIN
};

/// `ln(1 + e^x)`, without a power that leaves the range of numbers.
pub(super) fn value(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.0, std::f64::consts::LN_2);
        check(Activation::plain(&FUNCTION), 1000.0, 1000.0);
        check(Activation::plain(&FUNCTION), -1000.0, 0.0);
    }
}
