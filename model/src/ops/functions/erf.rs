//! Error function.

use super::{Activation, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Erf",
    onnx: Onnx::plain("Erf"),
    formula: "2/√π ∫₀ˣ e^(−t²) dt",
    remark: "increasing",
    value: |x, _| libm::erf(x),
    ..Function::PLAIN
};

impl Activation {
    /// The error function.
    pub const ERF: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::ERF, 0.5, 0.5204998778);
        check(Activation::ERF, -1.0, -0.8427007929);
    }
}
