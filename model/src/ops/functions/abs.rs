//! Magnitude.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Abs",
    onnx: Onnx::plain("Abs"),
    formula: "|x|",
    remark: "keeps its argument's scale",
    value: |x, _| x.abs(),
    exact_scale: Some,
    ..Function::PLAIN
};

impl Activation {
    /// `|x|`.
    pub const ABS: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::ABS, -2.5, 2.5);
        check(Activation::ABS, 1.25, 1.25);
    }
}
