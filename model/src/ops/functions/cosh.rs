//! Hyperbolic cosine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Cosh",
    onnx: Onnx::plain("Cosh"),
    formula: "(e^x + e^−x) / 2",
    remark: "steep",
    value: |x, _| libm::cosh(x),
    narrows: true,
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.0, 1.0);
        check(Activation::plain(&FUNCTION), -std::f64::consts::LN_2, 1.25);
    }
}
