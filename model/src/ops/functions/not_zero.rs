//! A cast to boolean.

use super::{Activation, Function};

pub(super) const FUNCTION: Function = Function {
    name: "NotZero",
    formula: "1 where x ≠ 0, else 0",
    remark: "Cast to booleans; of the rounded x",
    value: |x, _| f64::from(u8::from(x != 0.0)),
    exact_scale: |_| Some(0),
    ..Function::PLAIN
};

impl Activation {
    /// Whether the argument is not zero (a cast to boolean).
    pub const NOT_ZERO: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::NOT_ZERO, 0.0, 0.0);
        check(Activation::NOT_ZERO, -0.25, 1.0);
    }
}
