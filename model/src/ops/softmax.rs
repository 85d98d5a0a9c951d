//! Softmax, its logarithm, and the logarithm of a sum of exponentials, along one axis.

use super::check::single;
use super::lowering::{Lowering, NodeView, Quantize};
use super::operator::{FloatOp, Shaped};
use crate::shape::{View, strides};
use crate::window::channels_and_plane;
use crate::{ModelError, TensorId};

mod definition;
mod exponentials;
mod mask;

pub(super) use definition::Forms;
pub use definition::{Softmax, SoftmaxResult};
use exponentials::Exponentials;
pub(super) use mask::Mask;

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
