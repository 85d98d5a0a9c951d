//! Chosen elements of every axis.

use super::bound::Bound;
use super::check::{moved, same_kind, single};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranks, Role, Shaped};
use crate::movement::Movement;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// One axis of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SliceAxis {
    /// First index.
    pub start: usize,
    /// Signed distance between the chosen elements, never zero.
    pub step: isize,
    /// Number of chosen elements.
    pub len: usize,
}

impl SliceAxis {
    /// All elements of an axis of length `len`, in order.
    #[must_use]
    pub fn whole(len: usize) -> Self {
        Self {
            start: 0,
            step: 1,
            len,
        }
    }
}

/// `[X] →` for every axis, elements `start, start+step, …` (`len` of them). Negative steps count down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Per axis: start index, signed step, number of elements.
    pub axes: Vec<SliceAxis>,
}

impl Slice {
    /// Refuses elements outside of the axes, and fewer than `least` (0 or 1) of an axis.
    fn check(&self, input: &[usize], least: usize) -> Result<(), String> {
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
            if !within && (slice.len > 0 || least > 0) {
                return Err(format!(
                    "{} elements from {} in steps of {} leave an axis of length {length}",
                    slice.len, slice.start, slice.step
                ));
            }
        }
        Ok(())
    }
}

impl Shaped for Slice {
    fn name(&self) -> &'static str {
        "Slice"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        self.check(single(inputs)?, 1)?;
        Ok(self.axes.iter().map(|a| a.len).collect())
    }
    fn movement(&self, inputs: &[&[usize]], _output: &[usize]) -> Option<Result<Movement, String>> {
        let make = || {
            let input = single(inputs)?;
            self.check(input, 0)?;
            let output: Vec<usize> = self.axes.iter().map(|a| a.len).collect();
            let strides = shape::strides(input);
            // An axis of one element takes no step, whatever its size, and one of none has no start.
            let start = |a: &SliceAxis| if a.len == 0 { 0 } else { a.start };
            let step = |a: &SliceAxis| if a.len < 2 { 0 } else { a.step };
            let starts = self
                .axes
                .iter()
                .zip(&strides)
                .map(|(a, &s)| start(a) * s as usize);
            let steps: Vec<isize> = self.axes.iter().zip(&strides).map(|(a, s)| step(a) * s).collect();
            let whole = (&vec![0; output.len()][..], &output[..]);
            Ok(Movement::new(output.clone()).filled(0, whole, (starts.sum(), &steps)))
        };
        Some(make())
    }
    fn is_identity(&self, input: &[usize], output: &[usize]) -> bool {
        input == output && self.axes.iter().all(|axis| axis.step > 0)
    }
    fn role(&self) -> Role {
        Role::Moves
    }
}

impl FloatOp for Slice {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        moved(self, inputs, output, 0.0)
    }
}

impl<O: Operation + From<Slice>> Quantize<O> for Slice {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        to.choose(node, self.clone(), None)
    }
}

impl IntOp for Slice {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(inputs[0].0))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        same_kind(inputs[0], output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        moved(self, inputs, output, 0)
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
