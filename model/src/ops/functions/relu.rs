//! Rectifier.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Relu",
    onnx: Onnx::plain("Relu"),
    formula: "max(x, 0)",
    remark: "keeps its argument's scale; [split](relu.md) in the circuit instead of a table",
    value: |x, _| x.max(0.0),
    exact_scale: Some,
    ..Function::PLAIN
};

impl Activation {
    /// `max(x, 0)`.
    pub const RELU: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::RELU, -2.0, 0.0);
        check(Activation::RELU, 2.5, 2.5);
    }
}
