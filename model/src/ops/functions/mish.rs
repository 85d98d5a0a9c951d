//! A smooth rectifier.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Mish",
    onnx: Onnx::plain("Mish"),
    formula: "x·tanh(ln(1 + e^x))",
    value: |x, _| x * libm::tanh(super::softplus::value(x)),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.0, 0.0);
        check(Activation::plain(&FUNCTION), 20.0, 19.999999999999996);
        check(Activation::plain(&FUNCTION), -1.0, -0.303401461);
    }
}
