//! The same elements under another shape.

use super::bound::Bound;
use super::check::{same_kind, single};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranks, Role, Shaped};
use crate::movement::Movement;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, ModelError, TensorId};

/// `[X] → X` with the output's shape, same element order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reshape;

impl Shaped for Reshape {
    fn name(&self) -> &'static str {
        "Reshape"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        Ok(vec![single(inputs)?.iter().product()])
    }
    fn check_shape(&self, inputs: &[&[usize]], declared: &[usize]) -> Result<(), String> {
        let input = single(inputs)?;
        if input.iter().product::<usize>() != declared.iter().product::<usize>() {
            return Err(format!(
                "{input:?} and {declared:?} have different numbers of elements"
            ));
        }
        Ok(())
    }
    fn movement(&self, inputs: &[&[usize]], output: &[usize]) -> Option<Result<Movement, String>> {
        let make = || {
            self.check_shape(inputs, output)?;
            let whole = (&vec![0; output.len()][..], output);
            Ok(Movement::new(output.to_vec()).filled(0, whole, (0, &shape::strides(output))))
        };
        Some(make())
    }
    fn is_identity(&self, input: &[usize], output: &[usize]) -> bool {
        input == output
    }
    fn role(&self) -> Role {
        Role::Moves
    }
}

impl FloatOp for Reshape {
    fn evaluate(&self, inputs: &[View<f32>], _output: &[usize]) -> Vec<f32> {
        inputs[0].data.to_vec()
    }
}

impl<O: Operation + From<Reshape>> Quantize<O> for Reshape {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        to.choose(node, Reshape, None)
    }
}

impl IntOp for Reshape {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(inputs[0].0))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        same_kind(inputs[0], output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], _output: &[usize]) -> Vec<i64> {
        inputs[0].data.to_vec()
    }
    fn encode(&self, _sink: &mut dyn Sink) {}
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        Ok(())
    }
    fn words(&self) -> String {
        "reshape".to_owned()
    }
}
