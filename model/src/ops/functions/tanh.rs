//! Hyperbolic tangent.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Tanh",
    onnx: Onnx::plain("Tanh"),
    formula: "tanh x",
    remark: "increasing",
    value: |x, _| libm::tanh(x),
    ..Function::PLAIN
};

impl Activation {
    /// Hyperbolic tangent.
    pub const TANH: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::TANH, 0.5, 0.4621171573);
    }
}
