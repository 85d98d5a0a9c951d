//! Exponential function.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Exp",
    onnx: Onnx::plain("Exp"),
    formula: "e^x",
    remark: "increasing; steep",
    value: |x, _| libm::exp(x),
    narrows: true,
    ..Function::PLAIN
};

impl Activation {
    /// `e^x`.
    pub const EXP: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::EXP, 0.0, 1.0);
        check(Activation::EXP, std::f64::consts::LN_2, 2.0);
    }
}
