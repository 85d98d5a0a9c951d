//! Rounding to the nearest integer.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Round",
    onnx: Onnx::plain("Round"),
    formula: "the integer nearest to x, of two the even one",
    remark: "as Ceil",
    value: |x, _| libm::rint(x),
    exact_scale: |_| Some(0),
    is_identity: |scale| scale <= 0,
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.5, 0.0);
        check(Activation::plain(&FUNCTION), 1.5, 2.0);
        check(Activation::plain(&FUNCTION), 2.5, 2.0);
        check(Activation::plain(&FUNCTION), -0.5, 0.0);
        check(Activation::plain(&FUNCTION), -1.5, -2.0);
        check(Activation::plain(&FUNCTION), -2.75, -3.0);
    }
}
