//! What a softmax is, and which operators its integer form is made of.

use super::super::affine::Affine;
use super::super::floor_div::FloorDiv;
use super::super::lookup::Lookup;
use super::super::lowering::Operation;
use super::super::max_pool::MaxPool;
use super::super::mul::Mul;
use super::super::scale::Scale;
use super::super::sum_pool::SumPool;
use crate::FloatTensor;
use crate::window::Window;

/// `[X (N,C,…)] → (N,C,…)` along a spatial axis: exponentials of differences to the maximum, relative to their sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Softmax {
    /// The axis, 2 or greater.
    pub axis: usize,
    /// What is made of them.
    pub result: SoftmaxResult,
    /// Added to the input before anything else; broadcasts to it. Very negative numbers say that an element does not count.
    pub mask: Option<FloatTensor>,
}

/// What a [`Softmax`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftmaxResult {
    /// `e^x / Σ e^x`.
    Probabilities,
    /// `x − log Σ e^x`.
    Logarithms,
    /// `log Σ e^x`, an element for each row, in an axis of length 1.
    LogSum,
}

/// What the integer form is made of.
pub(in crate::ops) trait Forms:
    Operation
    + From<Affine>
    + From<FloorDiv>
    + From<Lookup>
    + From<MaxPool>
    + From<Mul>
    + From<Scale>
    + From<SumPool>
{
}

impl<O> Forms for O where
    O: Operation
        + From<Affine>
        + From<FloorDiv>
        + From<Lookup>
        + From<MaxPool>
        + From<Mul>
        + From<Scale>
        + From<SumPool>
{
}

impl Softmax {
    /// The window of one row.
    pub(super) fn window(&self, shape: &[usize]) -> Window {
        let along = |(axis, length): (usize, &usize)| if axis == self.axis { *length } else { 1 };
        Window::of(&shape.iter().enumerate().skip(2).map(along).collect::<Vec<_>>())
    }

    /// A tensor's shape with one element for each row.
    pub(super) fn rows(&self, shape: &[usize]) -> Vec<usize> {
        let along = |(axis, length): (usize, &usize)| if axis == self.axis { 1 } else { *length };
        shape.iter().enumerate().map(along).collect()
    }
}
