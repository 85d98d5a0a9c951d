//! Reciprocal.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Reciprocal",
    onnx: Onnx::plain("Reciprocal"),
    formula: "1 / x",
    remark: "above 0 or below; steep",
    value: |x, _| 1.0 / x,
    narrows: true,
    ..Function::PLAIN
};

impl Activation {
    /// `1 / x`.
    pub const RECIPROCAL: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::RECIPROCAL, 4.0, 0.25);
        check(Activation::RECIPROCAL, -0.5, -2.0);
    }
}
