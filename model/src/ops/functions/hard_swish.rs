//! Piecewise approximation of `x · sigmoid(x)` (Howard et al., arXiv:1905.02244).

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "HardSwish",
    onnx: Onnx::plain("HardSwish"),
    formula: "x·max(0, min(1, x/6 + 1/2))",
    value: |x, _| x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
    ..Function::PLAIN
};

impl Activation {
    /// `x · max(0, min(1, x/6 + 1/2))`.
    pub const HARD_SWISH: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::HARD_SWISH, -4.0, 0.0);
        check(Activation::HARD_SWISH, 1.0, 2.0 / 3.0);
        check(Activation::HARD_SWISH, 5.0, 5.0);
    }
}
