//! Powers with a constant exponent.

use super::{Activation, Function, MAX_PARAMETERS};

pub(super) const FUNCTION: Function = Function {
    name: "Pow",
    formula: "x^exponent",
    remark: "of a constant exponent, where it is a number; steep. The exponents 2, 1/2 and −1 are Mul, Sqrt and Reciprocal",
    value,
    narrows: true,
    ..Function::PLAIN
};

/// Exponents up to this magnitude are repeated multiplication where they are integers: exact as long as the powers are.
const MAX_REPEATED: f64 = 64.0;

fn value(x: f64, &[exponent, _]: &[f64; MAX_PARAMETERS]) -> f64 {
    if exponent.fract() != 0.0 || !(0.0..=MAX_REPEATED).contains(&exponent) {
        return libm::pow(x, exponent);
    }
    (0..exponent as u32).fold(1.0, |power, _| power * x)
}

impl Activation {
    /// `x^exponent`.
    #[must_use]
    pub fn pow(exponent: f64) -> Self {
        Self::exactly(&FUNCTION, [exponent, 0.0])
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::pow(3.0), -2.0, -8.0);
        check(Activation::pow(0.0), 0.0, 1.0);
        check(Activation::pow(-2.0), -4.0, 0.0625);
        check(Activation::pow(1.5), 4.0, 8.0);
        assert!(Activation::pow(0.5).apply(-1.0).is_nan());
        // 3^33 is the greatest power of three below 2^53.
        assert_eq!(Activation::pow(33.0).apply(3.0), 3f64.powi(20) * 3f64.powi(13));
    }
}
