//! Index of the maximum.

use super::bound::Bound;
use super::check::{same_kind, single};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranged, Ranks, Role, Shaped};
use crate::shape::View;
use crate::sink::Sink;
use crate::{ElementKind, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X] →` index of the maximum along `axis` (the first of equal ones, or the last), axis kept with length 1
/// or dropped, as the output's shape says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArgMax {
    /// The reduced axis.
    pub axis: usize,
    /// Whether the last of several equal maxima is chosen.
    pub select_last: bool,
}

impl ArgMax {
    fn indices<T: Copy + PartialOrd>(&self, x: View<T>) -> impl Iterator<Item = usize> {
        let length = x.shape[self.axis];
        let inner: usize = x.shape[self.axis + 1..].iter().product();
        let outer = x.data.len() / (length * inner);
        (0..outer * inner).map(move |position| {
            let start = position / inner * length * inner + position % inner;
            let mut best = 0;
            for candidate in 1..length {
                let (old, new) = (x.data[start + best * inner], x.data[start + candidate * inner]);
                if new > old || (self.select_last && new == old) {
                    best = candidate;
                }
            }
            best
        })
    }
}

impl Shaped for ArgMax {
    fn name(&self) -> &'static str {
        "ArgMax"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let mut shape = single(inputs)?.to_vec();
        let rank = shape.len();
        match shape.get_mut(self.axis) {
            Some(axis) => *axis = 1,
            None => return Err(format!("axis {} of a tensor with {rank} axes", self.axis)),
        }
        Ok(shape)
    }
    fn check_shape(&self, inputs: &[&[usize]], declared: &[usize]) -> Result<(), String> {
        let kept = self.shape(inputs)?;
        let mut dropped = kept.clone();
        dropped.remove(self.axis);
        if declared != kept && declared != dropped {
            return Err(format!(
                "the output can have shape {kept:?} or {dropped:?}, declared is {declared:?}"
            ));
        }
        Ok(())
    }
    fn work_per_element(&self, inputs: &[&[usize]]) -> u128 {
        inputs[0][self.axis] as u128
    }
    fn role(&self) -> Role {
        Role::Decides
    }
}

impl FloatOp for ArgMax {
    fn evaluate(&self, inputs: &[View<f32>], _output: &[usize]) -> Vec<f32> {
        self.indices(inputs[0]).map(|i| i as f32).collect()
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], _outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        Some(vec![self.indices(inputs[0]).map(|i| i as i64).collect()])
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let length = *inputs.first()?.shape.get(self.axis)?;
        Some((0, i64::try_from(length).ok()?.saturating_sub(1)))
    }
}

impl<O: Operation + From<ArgMax>> Quantize<O> for ArgMax {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        to.choose(node, *self, Some(ElementKind::Integer))
    }
}

impl IntOp for ArgMax {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(Bound {
            low: 0,
            high: inputs[0].1[self.axis] as i128 - 1,
        }))
    }
    fn check_kind(&self, _inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        same_kind(ElementKind::Integer, output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], _output: &[usize]) -> Vec<i64> {
        self.indices(inputs[0]).map(|i| i as i64).collect()
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.number(self.axis);
        sink.number(usize::from(self.select_last));
    }
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match (self.axis, ranks.output) {
            (0, _) => Err("an arg-max over it"),
            (_, 0) => Err("an arg-max of everything"),
            _ => Ok(()),
        }
    }
    fn words(&self) -> String {
        "index of the maximum".to_owned()
    }
}
