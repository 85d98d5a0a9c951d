//! Rounding down.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Floor",
    onnx: Onnx::plain("Floor"),
    formula: "the greatest integer that is at most x",
    remark: "as Ceil",
    value: |x, _| libm::floor(x),
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
        check(Activation::plain(&FUNCTION), -1.25, -2.0);
        check(Activation::plain(&FUNCTION), 1.75, 1.0);
        check(Activation::plain(&FUNCTION), -3.0, -3.0);
    }
}
