//! Tangent.

use super::{Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Tan",
    onnx: Onnx::plain("Tan"),
    formula: "tan x",
    remark: "between poles; steep",
    value: |x, _| libm::tan(x),
    narrows: true,
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::plain(&FUNCTION), std::f64::consts::FRAC_PI_4, 1.0);
    }
}
