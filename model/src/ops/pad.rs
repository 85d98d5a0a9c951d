//! A constant border.

use super::bound::Bound;
use super::check::{moved, same_kind, single};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::number::Number;
use super::operator::{FloatOp, IntOp, Ranged, Ranks, Shaped};
use super::scales::quantize_value;
use crate::movement::Movement;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, FloatTensor, ModelError, TensorId, limits};
use serde::{Deserialize, Serialize};

/// `[X] → X` with constant `value` added around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pad<T> {
    /// Per axis: elements before and after.
    pub pads: Vec<(usize, usize)>,
    /// The value of the added elements.
    pub value: T,
}

impl<T> Pad<T> {
    fn check(&self, input: &[usize]) -> Result<(), String> {
        if self.pads.len() != input.len() {
            return Err(format!(
                "{} pairs of pads for an input of shape {input:?}",
                self.pads.len()
            ));
        }
        Ok(())
    }
}

impl<T> Shaped for Pad<T> {
    fn name(&self) -> &'static str {
        "Pad"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let input = single(inputs)?;
        self.check(input)?;
        let most = limits::MAX_TENSOR_ELEMENTS;
        if let Some(pad) = self.pads.iter().find(|p| p.0 > most || p.1 > most) {
            return Err(format!("pads {pad:?} are over the limit of {most}"));
        }
        Ok(input
            .iter()
            .zip(&self.pads)
            .map(|(length, pad)| length + pad.0 + pad.1)
            .collect())
    }
    fn movement(&self, inputs: &[&[usize]], _output: &[usize]) -> Option<Result<Movement, String>> {
        let make = || {
            let input = single(inputs)?;
            self.check(input)?;
            let lengths = input.iter().zip(&self.pads);
            // Saturated lengths are too large for any tensor.
            let output = lengths.map(|(length, pad)| length.saturating_add(pad.0).saturating_add(pad.1));
            let at: Vec<usize> = self.pads.iter().map(|pad| pad.0).collect();
            Ok(Movement::new(output.collect()).filled(0, (&at, input), (0, &shape::strides(input))))
        };
        Some(make())
    }
    fn is_identity(&self, input: &[usize], output: &[usize]) -> bool {
        input == output
    }
}

impl FloatOp for Pad<Number> {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        moved(self, inputs, output, self.value.real())
    }
    fn fill(&self) -> Number {
        self.value
    }
    fn unsupported(&self, _constants: &[Option<&FloatTensor>]) -> Option<String> {
        let value = self.value.real();
        (!value.is_finite()).then(|| format!("padding with {value} is not supported"))
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let ((low, high), value) = (inputs.first()?.range?, self.value.integer());
        Some((low.min(value), high.max(value)))
    }
}

impl<O: Operation + From<Pad<i64>>> Quantize<O> for Pad<Number> {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        let value = match self.value {
            Number::Integer(value) if to.tensor(x).kind.is_whole() => integer(value),
            value => quantize_value(value.real().into(), to.scale(x)),
        };
        let value = value.map_err(|reason| to.error(node, reason))?;
        let op = Pad {
            pads: self.pads.clone(),
            value,
        };
        to.choose(node, op, None)
    }
}

/// An integer that a tensor can hold.
fn integer(value: i64) -> Result<i64, String> {
    match value.unsigned_abs() < limits::MAX_MAGNITUDE.unsigned_abs() {
        true => Ok(value),
        false => Err(format!(
            "it pads with {value}, and integers are less than 2^62 in magnitude; pad with a smaller one"
        )),
    }
}

impl IntOp for Pad<i64> {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(inputs[0].0.hull(Bound::point(self.value))))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        same_kind(inputs[0], output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        moved(self, inputs, output, self.value)
    }
    fn fill(&self) -> i64 {
        self.value
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.number(self.pads.len());
        for &(before, after) in &self.pads {
            sink.number(before);
            sink.number(after);
        }
        sink.integer(self.value);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match self.pads.first() {
            Some((0, 0)) => Ok(()),
            _ => Err("padding"),
        }
    }
    fn words(&self) -> String {
        "padding".to_owned()
    }
}
