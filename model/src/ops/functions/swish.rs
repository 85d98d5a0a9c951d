//! Argument times its sigmoid.

use super::{Attribute, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Swish",
    onnx: Some(Onnx {
        operator: "Swish",
        attributes: &[Attribute::Number {
            name: "alpha",
            default: 1.0,
        }],
    }),
    formula: "x / (1 + e^(−alpha·x))",
    remark: "with alpha 1 also called SiLU",
    value: |x, &[alpha, _]| x / (1.0 + libm::exp(-alpha * x)),
    ..Function::PLAIN
};

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::new(&FUNCTION, &[1.0]), 0.0, 0.0);
        check(Activation::new(&FUNCTION, &[1.0]), 40.0, 40.0);
        check(
            Activation::new(&FUNCTION, &[2.0]),
            0.5 * std::f64::consts::LN_2,
            std::f64::consts::LN_2 / 3.0,
        );
    }
}
