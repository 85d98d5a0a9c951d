//! Permutation of axes.

use super::bound::Bound;
use super::check::{moved, same_kind, single};
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranks, Role, Shaped};
use crate::movement::Movement;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X] → X` with output axis `i` = input axis `perm[i]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transpose {
    /// The permutation of axes.
    pub perm: Vec<usize>,
}

impl Shaped for Transpose {
    fn name(&self) -> &'static str {
        "Transpose"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let input = single(inputs)?;
        let mut axes = self.perm.clone();
        axes.sort_unstable();
        if !axes.iter().copied().eq(0..input.len()) {
            return Err(format!(
                "{:?} is not a permutation of the axes of {input:?}",
                self.perm
            ));
        }
        Ok(self.perm.iter().map(|&axis| input[axis]).collect())
    }
    fn movement(&self, inputs: &[&[usize]], _output: &[usize]) -> Option<Result<Movement, String>> {
        let make = || {
            let output = self.shape(inputs)?;
            let strides = shape::strides(single(inputs)?);
            let permuted: Vec<isize> = self.perm.iter().map(|&axis| strides[axis]).collect();
            let whole = (&vec![0; output.len()][..], &output[..]);
            Ok(Movement::new(output.clone()).filled(0, whole, (0, &permuted)))
        };
        Some(make())
    }
    fn is_identity(&self, _input: &[usize], _output: &[usize]) -> bool {
        self.perm.is_sorted()
    }
    fn role(&self) -> Role {
        Role::Moves
    }
}

impl FloatOp for Transpose {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        moved(self, inputs, output, 0.0)
    }
}

impl<O: Operation + From<Transpose>> Quantize<O> for Transpose {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        to.choose(node, self.clone(), None)
    }
}

impl IntOp for Transpose {
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
        sink.numbers(&self.perm);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match self.perm.first() {
            Some(0) => Ok(()),
            _ => Err("a transposition"),
        }
    }
    fn words(&self) -> String {
        "transpose".to_owned()
    }
}
