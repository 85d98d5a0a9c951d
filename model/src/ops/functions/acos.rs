//! Inverse cosine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Acos",
    onnx: Onnx::plain("Acos"),
    formula: "arccos x",
    remark: "from −1 to 1",
    value: |x, _| libm::acos(x),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), 0.0, std::f64::consts::FRAC_PI_2);
        check(Activation::plain(&FUNCTION), -1.0, std::f64::consts::PI);
    }
}
