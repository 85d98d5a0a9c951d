//! Inverse hyperbolic tangent.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Atanh",
    onnx: Onnx::plain("Atanh"),
    formula: "artanh x",
    remark: "between −1 and 1; steep",
    value: |x, _| libm::atanh(x),
    narrows: true,
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.6, std::f64::consts::LN_2);
    }
}
