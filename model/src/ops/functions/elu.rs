//! A smooth rectifier.

use super::{Attribute, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Elu",
    onnx: Some(Onnx {
        operator: "Elu",
        attributes: &[Attribute::Number {
            name: "alpha",
            default: 1.0,
        }],
    }),
    formula: "x where x ≥ 0, else alpha·(e^x − 1)",
    value: |x, &[alpha, _]| if x < 0.0 { alpha * libm::expm1(x) } else { x },
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::new(&FUNCTION, &[0.5]), 3.0, 3.0);
        check(Activation::new(&FUNCTION, &[0.5]), -std::f64::consts::LN_2, -0.25);
    }
}
