//! Elements of an axis by a list of indices, which may repeat.

use super::bound::Bound;
use super::check::{moved, same_kind, single};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranks, Role, Shaped};
use crate::movement::Movement;
use crate::shape::View;
use crate::sink::Sink;
use crate::{ElementKind, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X] →` along `axis`, the elements of the given indices in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gather {
    /// The axis.
    pub axis: usize,
    /// Which of its elements; any number of times, at least one of them.
    pub indices: Vec<usize>,
}

impl Shaped for Gather {
    fn name(&self) -> &'static str {
        "Gather"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        if self.indices.is_empty() {
            return Err("no indices".to_owned());
        }
        Ok(Movement::gather(single(inputs)?, self.axis, &self.indices)?
            .shape()
            .to_vec())
    }
    fn movement(&self, inputs: &[&[usize]], _output: &[usize]) -> Option<Result<Movement, String>> {
        let make = || Movement::gather(single(inputs)?, self.axis, &self.indices);
        Some(make())
    }
    fn is_identity(&self, input: &[usize], _output: &[usize]) -> bool {
        let length = input.get(self.axis).copied().unwrap_or(0);
        self.indices.iter().copied().eq(0..length)
    }
    fn role(&self) -> Role {
        Role::Moves
    }
}

impl FloatOp for Gather {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        moved(self, inputs, output, 0.0)
    }
}

impl<O: Operation + From<Gather>> Quantize<O> for Gather {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        to.choose(node, self.clone(), None)
    }
}

impl IntOp for Gather {
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
        sink.number(self.axis);
        sink.numbers(&self.indices);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match self.axis {
            0 => Err("a choice of its elements"),
            _ => Ok(()),
        }
    }
    fn words(&self) -> String {
        format!("{} elements of an axis", self.indices.len())
    }
}
