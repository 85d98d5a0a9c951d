//! Inverse sine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Asin",
    onnx: Onnx::plain("Asin"),
    formula: "arcsin x",
    remark: "from −1 to 1",
    value: |x, _| libm::asin(x),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 1.0, std::f64::consts::FRAC_PI_2);
        check(Activation::plain(&FUNCTION), -0.5, -std::f64::consts::FRAC_PI_6);
    }
}
