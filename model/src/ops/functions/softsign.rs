//! A smooth sign that approaches its limits slowly.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Softsign",
    onnx: Onnx::plain("Softsign"),
    formula: "x / (1 + |x|)",
    remark: "increasing",
    value: |x, _| x / (1.0 + x.abs()),
    ..Function::PLAIN
};

impl Activation {
    /// `x / (1 + |x|)`.
    pub const SOFTSIGN: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::SOFTSIGN, 3.0, 0.75);
        check(Activation::SOFTSIGN, -1.0, -0.5);
        check(Activation::SOFTSIGN, 0.0, 0.0);
    }
}
