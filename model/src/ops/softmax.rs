//! Softmax, its logarithm, and the logarithm of a sum of exponentials, along one axis.

use super::affine::Affine;
use super::check::single;
use super::floor_div::FloorDiv;
use super::lookup::Lookup;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::max_pool::MaxPool;
use super::mul::Mul;
use super::operator::{FloatOp, Shaped};
use super::scale::Scale;
use super::sum_pool::SumPool;
use crate::shape::{View, strides};
use crate::window::{Window, channels_and_plane};
use crate::{FloatTensor, ModelError, TensorId};

mod exponentials;
mod mask;

use exponentials::Exponentials;
pub(super) use mask::Mask;

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
pub(super) trait Forms:
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
    fn window(&self, shape: &[usize]) -> Window {
        let along = |(axis, length): (usize, &usize)| if axis == self.axis { *length } else { 1 };
        Window::of(&shape.iter().enumerate().skip(2).map(along).collect::<Vec<_>>())
    }

    /// A tensor's shape with one element for each row.
    fn rows(&self, shape: &[usize]) -> Vec<usize> {
        let along = |(axis, length): (usize, &usize)| if axis == self.axis { 1 } else { *length };
        shape.iter().enumerate().map(along).collect()
    }
}

impl Shaped for Softmax {
    fn name(&self) -> &'static str {
        match self.result {
            SoftmaxResult::Probabilities => "Softmax",
            SoftmaxResult::Logarithms => "LogSoftmax",
            SoftmaxResult::LogSum => "LogSumExp",
        }
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let shape = single(inputs)?;
        channels_and_plane(shape)?;
        if !(2..shape.len()).contains(&self.axis) {
            return Err(format!(
                "axis {} of shape {shape:?}, expected a spatial one",
                self.axis
            ));
        }
        if let Some(mask) = &self.mask {
            let own = crate::shape::broadcast(&[shape, mask.shape()])?;
            if own != shape {
                return Err(format!("a mask of shape {:?} for shape {shape:?}", mask.shape()));
            }
        }
        Ok(match self.result {
            SoftmaxResult::LogSum => self.rows(shape),
            _ => shape.to_vec(),
        })
    }
    fn work_per_element(&self, inputs: &[&[usize]]) -> u128 {
        // An exponential for each element, read twice more.
        let length = inputs.first().and_then(|shape| shape.get(self.axis));
        match self.result {
            SoftmaxResult::LogSum => 4 * length.map_or(1, |length| *length as u128),
            _ => 4,
        }
    }
}

impl FloatOp for Softmax {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let shape = inputs[0].shape;
        let mut x: Vec<f64> = inputs[0].data.iter().copied().map(f64::from).collect();
        if let Some(mask) = &self.mask {
            let contents = View::contents(mask);
            let own = View {
                shape: mask.shape(),
                data: &contents,
            };
            let added = crate::movement::expand(own, shape);
            x.iter_mut()
                .zip(added.iter())
                .for_each(|(x, m)| *x += f64::from(*m));
        }
        let mut result = vec![0f32; output.iter().product()];
        let step = strides(shape)[self.axis] as usize;
        let length = shape[self.axis];
        for first in (0..x.len()).filter(|place| (place / step).is_multiple_of(length)) {
            let places = || (0..length).map(move |i| first + i * step);
            let greatest = places().fold(f64::NEG_INFINITY, |m, place| m.max(x[place]));
            let exponential = |place: usize| libm::exp(x[place] - greatest);
            let sum: f64 = places().map(exponential).sum();
            match self.result {
                SoftmaxResult::Probabilities => {
                    places().for_each(|place| result[place] = (exponential(place) / sum) as f32);
                }
                SoftmaxResult::Logarithms => {
                    places().for_each(|place| result[place] = (x[place] - greatest - libm::log(sum)) as f32);
                }
                SoftmaxResult::LogSum => {
                    // Rows in front of this one: one for each step of the axes before, and the place behind the axis.
                    let row = first / (step * length) * step + first % step;
                    result[row] = (greatest + libm::log(sum)) as f32;
                }
            }
        }
        result
    }
}

impl<O: Forms> Quantize<O> for Softmax {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        let exponentials = Exponentials::new(to, node, self, x)?;
        match self.result {
            SoftmaxResult::Probabilities => exponentials.over_sums(to, node),
            SoftmaxResult::Logarithms => exponentials.logarithms(to, node),
            SoftmaxResult::LogSum => exponentials.logarithm_of_sum(to, node),
        }
    }
}
