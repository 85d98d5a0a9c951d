//! A cast to integer.

use super::{Activation, Function};

pub(super) const FUNCTION: Function = Function {
    name: "Trunc",
    formula: "x truncated towards zero",
    remark: "Cast from floats to integers; the output has scale 0 or a coarser one, and of a tensor that holds integers already it is nothing at all",
    value: |x, _| libm::trunc(x),
    exact_scale: |_| Some(0),
    is_identity: |scale| scale <= 0,
    ..Function::PLAIN
};

impl Activation {
    /// Truncation towards zero (a cast from float to integer).
    pub const TRUNC: Activation = Activation::plain(&FUNCTION);
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn known_values() {
        check(Activation::TRUNC, -1.75, -1.0);
        check(Activation::TRUNC, 1.75, 1.0);
    }
}
