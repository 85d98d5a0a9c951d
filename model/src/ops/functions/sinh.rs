//! Hyperbolic sine.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Sinh",
    onnx: Onnx::plain("Sinh"),
    formula: "(e^x − e^−x) / 2",
    remark: "increasing; steep",
    value: |x, _| libm::sinh(x),
    narrows: true,
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), std::f64::consts::LN_2, 0.75);
    }
}
