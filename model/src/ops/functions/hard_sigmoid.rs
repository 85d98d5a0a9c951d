//! A sigmoid of three lines.

use super::{Attribute, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "HardSigmoid",
    onnx: Some(Onnx {
        operator: "HardSigmoid",
        attributes: &[
            Attribute::Number {
                name: "alpha",
                default: 0.2,
            },
            Attribute::Number {
                name: "beta",
                default: 0.5,
            },
        ],
    }),
    formula: "max(0, min(1, alpha·x + beta))",
    value: |x, &[alpha, beta]| (alpha * x + beta).clamp(0.0, 1.0),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::new(&FUNCTION, &[0.25, 0.5]), 1.0, 0.75);
        check(Activation::new(&FUNCTION, &[0.25, 0.5]), -7.0, 0.0);
        check(Activation::new(&FUNCTION, &[0.25, 0.5]), 7.0, 1.0);
    }
}
