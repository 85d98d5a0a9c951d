//! Rectifier with a threshold.

use super::{Attribute, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "ThresholdedRelu",
    onnx: Some(Onnx {
        operator: "ThresholdedRelu",
        attributes: &[Attribute::Number {
            name: "alpha",
            default: 1.0,
        }],
    }),
    formula: "x where x > alpha, else 0",
    value: |x, &[alpha, _]| if x > alpha { x } else { 0.0 },
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::new(&FUNCTION, &[0.5]), 0.5, 0.0);
        check(Activation::new(&FUNCTION, &[0.5]), 0.75, 0.75);
        check(Activation::new(&FUNCTION, &[0.5]), -3.0, 0.0);
    }
}
