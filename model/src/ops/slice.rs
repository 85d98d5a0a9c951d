//! Chosen elements of every axis.

use super::bound::Bound;
use super::lowering::Lowering;
use super::{FloatOp, IntOp, Ranks, Role, Shaped, same_scale, single};
use crate::graph::SliceAxis;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ModelError, Node, QOp, TensorId};
use serde::{Deserialize, Serialize};

/// `[X] →` for every axis, elements `start, start+step, …` (`len` of them). Negative steps count down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Per axis: start index, signed step, number of elements.
    pub axes: Vec<SliceAxis>,
}

impl Slice {
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

impl Shaped for Slice {
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
    fn role(&self) -> Role {
        Role::Moves
    }
}

impl FloatOp for Slice {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        self.choose(inputs[0], output)
    }
    fn quantize(&self, to: &mut Lowering<'_>, node: &Node) -> Result<TensorId, ModelError> {
        to.choose(node, QOp::Slice(self.clone()), None)
    }
}

impl IntOp for Slice {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(inputs[0].0))
    }
    fn check_scale(&self, inputs: &[i32], output: i32) -> Result<(), String> {
        same_scale(inputs[0], output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        self.choose(inputs[0], output)
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.number(self.axes.len());
        for axis in &self.axes {
            sink.number(axis.start);
            sink.integer(axis.step as i64);
            sink.number(axis.len);
        }
    }
    fn widen(&mut self, _ranks: Ranks<'_>, executions: usize) -> Result<(), &'static str> {
        match self.axes.first_mut() {
            Some(first) if *first == SliceAxis::whole(1) => {
                first.len = executions;
                Ok(())
            }
            _ => Err("a slice of it"),
        }
    }
    fn words(&self) -> String {
        "slice".to_owned()
    }
}
