//! Inverse tangent.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Atan",
    onnx: Onnx::plain("Atan"),
    formula: "arctan x",
    remark: "increasing",
    value: |x, _| libm::atan(x),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 1.0, std::f64::consts::FRAC_PI_4);
    }
}
