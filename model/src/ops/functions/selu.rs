//! A rectifier that keeps the variance of its argument.

use super::{Attribute, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Selu",
    onnx: Some(Onnx {
        operator: "Selu",
        attributes: &[
            Attribute::Number {
                name: "alpha",
                default: 1.673_263_2,
            },
            Attribute::Number {
                name: "gamma",
                default: 1.050_701,
            },
        ],
    }),
    formula: "gamma·x where x ≥ 0, else gamma·alpha·(e^x − 1)",
    value: |x, &[alpha, gamma]| gamma * if x < 0.0 { alpha * libm::expm1(x) } else { x },
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::new(&FUNCTION, &[2.0, 3.0]), 1.5, 4.5);
        check(
            Activation::new(&FUNCTION, &[2.0, 3.0]),
            -std::f64::consts::LN_2,
            -3.0,
        );
    }
}
