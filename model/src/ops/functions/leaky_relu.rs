//! Leaky rectifier.

use super::{Activation, Attribute, Function, Onnx};

pub(super) const FUNCTION: Function = Function {
    name: "LeakyRelu",
    onnx: Some(Onnx {
        operator: "LeakyRelu",
        attributes: &[Attribute::Number {
            name: "alpha",
            default: 0.01,
        }],
    }),
    formula: "x where x ≥ 0, else alpha·x",
    remark: "PRelu with one slope for all",
    value: |x, &[alpha, _]| if x < 0.0 { alpha * x } else { x },
    ..Function::PLAIN
};

impl Activation {
    /// `x` where positive, else `alpha · x`.
    #[must_use]
    pub fn leaky_relu(alpha: f32) -> Self {
        Self::new(&FUNCTION, &[alpha])
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::leaky_relu(0.25), -2.0, -0.5);
        check(Activation::leaky_relu(0.25), 2.0, 2.0);
    }
}
