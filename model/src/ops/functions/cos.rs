//! Cosine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Cos",
    onnx: Onnx::plain("Cos"),
    formula: "cos x",
    value: |x, _| libm::cos(x),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), std::f64::consts::PI, -1.0);
    }
}
