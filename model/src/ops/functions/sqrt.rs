//! Square root.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Sqrt",
    onnx: Onnx::plain("Sqrt"),
    formula: "√x",
    remark: "from 0 up",
    value: |x, _| libm::sqrt(x),
    ..Function::PLAIN
};

impl Activation {
    /// `√x`.
    pub const SQRT: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::SQRT, 0.0, 0.0);
        check(Activation::SQRT, 2.25, 1.5);
    }
}
