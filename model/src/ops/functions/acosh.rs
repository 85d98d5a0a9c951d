//! Inverse hyperbolic cosine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Acosh",
    onnx: Onnx::plain("Acosh"),
    formula: "arcosh x",
    remark: "from 1 up",
    value: |x, _| libm::acosh(x),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 1.0, 0.0);
        check(Activation::plain(&FUNCTION), 1.25, std::f64::consts::LN_2);
    }
}
