//! Inverse hyperbolic sine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Asinh",
    onnx: Onnx::plain("Asinh"),
    formula: "arsinh x",
    remark: "increasing",
    value: |x, _| libm::asinh(x),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.75, std::f64::consts::LN_2);
        check(Activation::plain(&FUNCTION), -0.75, -std::f64::consts::LN_2);
    }
}
