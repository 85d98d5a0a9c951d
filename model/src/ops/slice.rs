//! Chosen elements of every axis.

use super::bound::Bound;
use super::{FloatOp, IntOp, Shaped, same_scale, single};
use crate::graph::SliceAxis;
use crate::shape::{self, View};

/// `[X] →` for every axis, elements `start, start+step, …`.
pub(crate) struct Slice<'a> {
    pub axes: &'a [SliceAxis],
}

impl Slice<'_> {
    fn choose<T: Copy>(&self, x: View<T>, output: &[usize]) -> Vec<T> {
        let strides = shape::strides(x.shape);
        let start = self
            .axes
            .iter()
            .zip(&strides)
            .map(|(a, &s)| a.start * s as usize)
            .sum();
        // An axis of one element takes no step, whatever its size.
        let step = |a: &SliceAxis| if a.len == 1 { 0 } else { a.step };
        let steps: Vec<isize> = self.axes.iter().zip(&strides).map(|(a, s)| step(a) * s).collect();
        shape::gather(x.data, start, output, &steps)
    }
}

impl Shaped for Slice<'_> {
    fn name(&self) -> &'static str {
        "Slice"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let input = single(inputs)?;
        if self.axes.len() != input.len() {
            return Err(format!(
                "{} slices for an input of shape {input:?}",
                self.axes.len()
            ));
        }
        for (slice, &length) in self.axes.iter().zip(input) {
            let steps = slice.len as i128 - 1;
            let within = slice.start < length
                && (1..=length).contains(&slice.len)
                && slice.step != 0
                && (0..length as i128).contains(&(slice.start as i128 + steps * slice.step as i128));
            if !within {
                return Err(format!(
                    "{} elements from {} in steps of {} leave an axis of length {length}",
                    slice.len, slice.start, slice.step
                ));
            }
        }
        Ok(self.axes.iter().map(|a| a.len).collect())
    }
}

impl FloatOp for Slice<'_> {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        self.choose(inputs[0], output)
    }
}

impl IntOp for Slice<'_> {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(inputs[0].0))
    }
    fn check_scale(&self, inputs: &[i32], output: i32) -> Result<(), String> {
        same_scale(inputs[0], output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        self.choose(inputs[0], output)
    }
}
