//! Sine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Sin",
    onnx: Onnx::plain("Sin"),
    formula: "sin x",
    value: |x, _| libm::sin(x),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), std::f64::consts::FRAC_PI_6, 0.5);
    }
}
