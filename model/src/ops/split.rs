//! Consecutive parts of an axis.

use super::bound::Bound;
use super::check::{moved, moved_all, same_kind, single};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranks, Role, Shaped};
use crate::movement::Movement;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X] →` one output per part: along `axis`, the first `lengths[0]` elements, the next `lengths[1]`, and so on to the last one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// The axis that is divided.
    pub axis: usize,
    /// Lengths of the parts, which together are the axis's.
    pub lengths: Vec<usize>,
}

impl Shaped for Split {
    fn name(&self) -> &'static str {
        "Split"
    }
    fn outputs(&self) -> usize {
        self.lengths.len()
    }
    /// The first part's.
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let parts = self.shapes(inputs)?;
        parts
            .into_iter()
            .next()
            .ok_or_else(|| "a split into no parts".to_owned())
    }
    fn shapes(&self, inputs: &[&[usize]]) -> Result<Vec<Vec<usize>>, String> {
        let input = single(inputs)?;
        let Some(&length) = input.get(self.axis) else {
            return Err(format!(
                "axis {} of a tensor with {} axes",
                self.axis,
                input.len()
            ));
        };
        let total = self
            .lengths
            .iter()
            .try_fold(0usize, |sum, &part| sum.checked_add(part));
        if total != Some(length) || self.lengths.contains(&0) || self.lengths.is_empty() {
            return Err(format!(
                "parts {:?} do not make up an axis of length {length}",
                self.lengths
            ));
        }
        let part = |&length: &usize| {
            let mut shape = input.to_vec();
            shape[self.axis] = length;
            shape
        };
        Ok(self.lengths.iter().map(part).collect())
    }
    fn movements(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> Option<Result<Vec<Movement>, String>> {
        let make = || {
            let parts = self.shapes(inputs)?;
            let strides = shape::strides(single(inputs)?);
            let mut start = 0;
            let part = |part: Vec<usize>| {
                let whole = (&vec![0; part.len()][..], &part[..]);
                let movement = Movement::new(part.clone()).filled(0, whole, (start, &strides));
                start += part[self.axis] * strides[self.axis] as usize;
                movement
            };
            Ok(parts.into_iter().map(part).collect())
        };
        Some(make())
    }
    fn role(&self) -> Role {
        Role::Moves
    }
}

impl FloatOp for Split {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        moved(self, inputs, output, 0.0)
    }
    fn evaluate_all(&self, inputs: &[View<f32>], outputs: &[&[usize]]) -> Vec<Vec<f32>> {
        moved_all(self, inputs, outputs, 0.0)
    }
}

impl<O: Operation + From<Split>> Quantize<O> for Split {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let parts = self.quantize_all(to, node)?;
        let none = || to.error(node, "a split into no parts".to_owned());
        parts.first().copied().ok_or_else(none)
    }
    fn quantize_all(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
    ) -> Result<Vec<TensorId>, ModelError> {
        let x = to.input(node, 0)?;
        let kind = to.tensor(x).kind;
        to.emit_all(node, (self.clone(), vec![x]), kind)
    }
}

impl IntOp for Split {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(inputs[0].0))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        same_kind(inputs[0], output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        moved(self, inputs, output, 0)
    }
    fn evaluate_all(&self, inputs: &[View<i64>], _lows: &[i64], outputs: &[&[usize]]) -> Vec<Vec<i64>> {
        moved_all(self, inputs, outputs, 0)
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.number(self.axis);
        sink.numbers(&self.lengths);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match self.axis {
            0 => Err("a split of it"),
            _ => Ok(()),
        }
    }
    fn words(&self) -> String {
        format!("split into {}", self.lengths.len())
    }
}
