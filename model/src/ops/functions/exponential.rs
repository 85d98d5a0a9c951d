//! Powers of a constant base.

use super::{Activation, Function};

pub(super) const FUNCTION: Function = Function {
    name: "Exponential",
    formula: "base^x",
    remark: "Pow with a constant base; steep",
    value: |x, &[base, _]| libm::pow(base, x),
    narrows: true,
    ..Function::PLAIN
};

impl Activation {
    /// `base^x`.
    #[must_use]
    pub fn exponential(base: f64) -> Self {
        Self::exactly(&FUNCTION, [base, 0.0])
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::exponential(2.0), 3.0, 8.0);
        check(Activation::exponential(4.0), -0.5, 0.5);
    }
}
