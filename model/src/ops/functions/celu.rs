//! A smooth rectifier.

use super::{Attribute, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Celu",
    onnx: Some(Onnx {
        operator: "Celu",
        attributes: &[Attribute::Number {
            name: "alpha",
            default: 1.0,
        }],
    }),
    formula: "x where x ≥ 0, else alpha·(e^(x / alpha) − 1)",
    value: |x, &[alpha, _]| x.max(0.0) + (alpha * libm::expm1(x / alpha)).min(0.0),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::new(&FUNCTION, &[2.0]), 3.0, 3.0);
        check(
            Activation::new(&FUNCTION, &[2.0]),
            -2.0 * std::f64::consts::LN_2,
            -1.0,
        );
    }
}
