//! Rounding up.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Ceil",
    onnx: Onnx::plain("Ceil"),
    formula: "the least integer that is at least x",
    remark: "of the rounded x, as for all tables; the output has scale 0 or a coarser one",
    value: |x, _| libm::ceil(x),
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
        check(Activation::plain(&FUNCTION), -1.75, -1.0);
        check(Activation::plain(&FUNCTION), 1.25, 2.0);
        check(Activation::plain(&FUNCTION), 3.0, 3.0);
    }
}
