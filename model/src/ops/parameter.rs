//! Parameters: the numbers of a model that its author chose.

use crate::IntTensor;
use crate::shape::View;
use std::borrow::Cow;

/// What a parameter is to its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParameterRole {
    /// Multiplies elements of the input, which are added up.
    Weight,
    /// Added to what weights make.
    Bias,
    /// Added to a sum of tensors.
    Constant,
    /// Multiplies single elements of the input.
    Factor,
}

impl ParameterRole {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Bias => "bias",
            Self::Constant => "added constant",
            Self::Factor => "factor",
        }
    }
}

/// A tensor of an operator's numbers that its author chose: training made them, or whoever exported the model. What follows from the
/// architecture (shapes, windows, scales and intervals of tensors, tables of functions) is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter<'a> {
    /// What it is to the operator, which has at most one of each.
    pub role: ParameterRole,
    /// Its shape. All but weights broadcast to the operator's output.
    pub shape: Vec<usize>,
    /// Its elements, row-major.
    pub values: Cow<'a, [i64]>,
}

impl<'a> Parameter<'a> {
    /// A tensor.
    pub(super) fn tensor(role: ParameterRole, tensor: &'a IntTensor) -> Self {
        Self {
            role,
            shape: tensor.shape().to_vec(),
            values: View::contents(tensor),
        }
    }

    /// A number for every channel of an output with so many axes behind it.
    pub(super) fn bias(bias: &'a [i64], axes: usize) -> Self {
        Self {
            role: ParameterRole::Bias,
            shape: std::iter::once(bias.len())
                .chain(std::iter::repeat_n(1, axes))
                .collect(),
            values: Cow::Borrowed(bias),
        }
    }

    /// Bits of its range: all elements are at least −2^bits and less than 2^bits.
    pub fn bits(&self) -> u32 {
        let used = self
            .values
            .iter()
            .fold(0, |bits, value| bits | (value ^ (value >> 63)));
        i64::BITS - used.leading_zeros()
    }

    /// Whether all elements are zero: the operator then has no such parameter to speak of.
    pub fn is_zero(&self) -> bool {
        self.values.iter().all(|value| *value == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::integer::{IntConv, Linear};
    use crate::{QOp, Window};

    #[test]
    fn ranges_hold_all_elements() {
        let of = |values: &[i64]| Parameter::bias(values, 0).bits();
        assert_eq!(
            [of(&[0, 0]), of(&[-1]), of(&[1]), of(&[3, -4]), of(&[4])],
            [0, 0, 1, 2, 3]
        );
        assert_eq!(of(&[i64::MIN, i64::MAX]), 63);
    }

    #[test]
    fn biases_broadcast_to_outputs() {
        let window = Window::new([1, 1], [1, 1], [[0; 2]; 2], [1, 1]);
        let weight = IntTensor::zeros(vec![3, 2, 1, 1]);
        let conv = QOp::Conv(IntConv {
            weight,
            bias: vec![1, 2, 3],
            window,
            groups: 1,
        });
        let shapes: Vec<_> = conv.parameters().into_iter().map(|own| own.shape).collect();
        assert_eq!(shapes, [vec![3, 2, 1, 1], vec![3, 1, 1]]);
        let linear = QOp::Linear(Linear {
            weight: IntTensor::zeros(vec![2, 3]),
            bias: vec![0; 3],
        });
        assert_eq!(linear.parameters()[1].shape, [3]);
        assert!(linear.parameters()[1].is_zero());
        assert_eq!(QOp::MatMul.parameters(), []);
    }
}
