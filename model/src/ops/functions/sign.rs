//! Sign.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Sign",
    onnx: Onnx::plain("Sign"),
    formula: "−1, 0 or 1, as x is negative, zero or positive",
    remark: "of the rounded x; the output has scale 0",
    value: |x, _| f64::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
    exact_scale: |_| Some(0),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), -0.001, -1.0);
        check(Activation::plain(&FUNCTION), 0.0, 0.0);
        check(Activation::plain(&FUNCTION), 7.0, 1.0);
    }
}
