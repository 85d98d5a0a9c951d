//! Logistic function.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Sigmoid",
    onnx: Onnx::plain("Sigmoid"),
    formula: "1 / (1 + e^−x)",
    remark: "increasing",
    value: |x, _| 1.0 / (1.0 + libm::exp(-x)),
    ..Function::PLAIN
};

impl Activation {
    /// `1 / (1 + e^−x)`.
    pub const SIGMOID: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::SIGMOID, 1.0, 0.7310585786);
        check(Activation::SIGMOID, -1000.0, 0.0);
    }
}
