//! Clipping.

use super::{Activation, Function};

pub(super) const FUNCTION: Function = Function {
    name: "Clip",
    formula: "min(max(x, min), max)",
    remark: "of constant bounds; where they cross, the upper one wins. `Clip` from 0 without an upper bound is Relu",
    value: |x, &[min, max]| x.max(min).min(max),
    ..Function::PLAIN
};

impl Activation {
    /// `min(max(x, min), max)`; where the bounds cross, the upper one wins, as in ONNX. Bounds of integers are exact up to 2^53.
    #[must_use]
    pub fn clip(min: f64, max: f64) -> Self {
        Self::exactly(&FUNCTION, [min, max])
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::clip(-1.0, 6.0), -3.0, -1.0);
        check(Activation::clip(-1.0, 6.0), 7.0, 6.0);
    }
}
