//! Negation of a boolean.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Not",
    onnx: Onnx::plain("Not"),
    formula: "1 − x",
    remark: "of booleans",
    value: |x, _| 1.0 - x,
    exact_scale: Some,
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.0, 1.0);
        check(Activation::plain(&FUNCTION), 1.0, 0.0);
    }
}
