//! Shrinkage towards zero.

use super::{Attribute, Function, MAX_PARAMETERS, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "Shrink",
    onnx: Some(Onnx {
        operator: "Shrink",
        attributes: &[
            Attribute::Number {
                name: "bias",
                default: 0.0,
            },
            Attribute::Number {
                name: "lambd",
                default: 0.5,
            },
        ],
    }),
    formula: "x + bias where x < −lambd, x − bias where x > lambd, else 0",
    value,
    ..Function::PLAIN
};

fn value(x: f64, &[bias, lambd]: &[f64; MAX_PARAMETERS]) -> f64 {
    if x < -lambd {
        x + bias
    } else if x > lambd {
        x - bias
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Activation, check};
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::new(&FUNCTION, &[0.25, 0.5]), -1.0, -0.75);
        check(Activation::new(&FUNCTION, &[0.25, 0.5]), 1.0, 0.75);
        check(Activation::new(&FUNCTION, &[0.25, 0.5]), 0.5, 0.0);
        check(Activation::new(&FUNCTION, &[0.25, 0.5]), -0.5, 0.0);
    }
}
