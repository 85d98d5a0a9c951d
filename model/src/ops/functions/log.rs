//! Natural logarithm.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Log",
    onnx: Onnx::plain("Log"),
    formula: "ln x",
    remark: "above 0; steep",
    value: |x, _| libm::log(x),
    narrows: true,
    ..Function::PLAIN
};

impl Activation {
    /// `ln x`.
    pub const LOG: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::LOG, 1.0, 0.0);
        check(Activation::LOG, 0.5, -std::f64::consts::LN_2);
    }
}
