//! Joining tensors along an axis.

use super::affine::{Affine, MAX_ALIGNMENT};
use super::bound::Bound;
use super::check::{arity, moved, same_kind};
use super::lowering::{Lowering, NodeView, Operation, Quantize, symmetric};
use super::operator::{FloatOp, IntOp, Ranks, Role, Shaped};
use super::requantize::Requantize;
use crate::fixed_point::shift_half_up;
use crate::movement::Movement;
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::{ElementKind, FloatTensor, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X…]` joined along `axis`; of tensors of the integer graph that are of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concat {
    /// The axis along which the inputs are joined.
    pub axis: usize,
}

impl Shaped for Concat {
    fn name(&self) -> &'static str {
        "Concat"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let mut result = arity(inputs, 1..=usize::MAX)?[0].to_vec();
        if self.axis >= result.len() {
            return Err(format!(
                "axis {} of tensors with {} axes",
                self.axis,
                result.len()
            ));
        }
        for input in &inputs[1..] {
            let fits = input.len() == result.len()
                && (0..result.len()).all(|axis| axis == self.axis || input[axis] == result[axis]);
            if !fits {
                return Err(format!("shapes {inputs:?} differ outside axis {}", self.axis));
            }
            result[self.axis] += input[self.axis];
        }
        Ok(result)
    }
    fn movement(&self, inputs: &[&[usize]], _output: &[usize]) -> Option<Result<Movement, String>> {
        let make = || {
            let output = self.shape(inputs)?;
            let mut at = vec![0; output.len()];
            let mut movement = Movement::new(output);
            for (number, input) in inputs.iter().enumerate() {
                movement = movement.filled(number, (&at, input), (0, &shape::strides(input)));
                at[self.axis] += input[self.axis];
            }
            Ok(movement)
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

impl FloatOp for Concat {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        moved(self, inputs, output, 0.0)
    }
    fn unsupported(&self, constants: &[Option<&FloatTensor>]) -> Option<String> {
        let joined = constants.iter().any(Option::is_some);
        joined.then(|| "joining a constant to a computed tensor is not supported".to_owned())
    }
}

impl<O: Operation + From<Concat> + From<Affine>> Quantize<O> for Concat {
    /// Concat, after Requantize of the inputs that are finer than the coarsest. Integers beside reals are reals of that scale.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for index in 0..node.inputs.len() {
            inputs.push(to.input(node, index)?);
        }
        let kinds: Vec<ElementKind> = inputs.iter().map(|id| to.tensor(*id).kind).collect();
        let kind = match kinds.first() {
            Some(&first) if kinds.iter().all(|&kind| kind == first) => first,
            _ if kinds.iter().all(|kind| kind.is_whole()) => ElementKind::Integer,
            _ => {
                let reals = kinds.iter().filter(|kind| !kind.is_whole());
                ElementKind::real(reals.filter_map(|kind| kind.scale_bits()).min().unwrap_or(0))
            }
        };
        for (id, found) in inputs.iter_mut().zip(kinds) {
            if found != kind {
                *id = aligned(to, node, *id, kind)?;
            }
        }
        to.emit(node, (*self, inputs), ("", kind), &to.shape(node))
    }
}

/// A tensor as one of another kind, whose scale is at most its own where it holds reals.
fn aligned<O: Operation + From<Concat> + From<Affine>>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    id: TensorId,
    kind: ElementKind,
) -> Result<TensorId, ModelError> {
    let (tensor, shift) = (to.tensor(id), to.scale(id) - kind.scale_bits().unwrap_or(0));
    let (shape, interval) = (tensor.shape.clone(), tensor.interval);
    if !(-MAX_ALIGNMENT..62).contains(&shift) {
        return Err(to.error(
            node,
            format!("the inputs' scales differ by {} bits", shift.unsigned_abs()),
        ));
    }
    if shift <= 0 {
        // Integers, or booleans as integers: exact.
        let op = Affine {
            coefficients: vec![1 << -shift],
            constant: None,
        };
        return to.emit(node, (op, vec![id]), (".aligned", kind), &shape);
    }
    let shift = shift as u32;
    let ends = [interval.0, interval.1].map(|end| shift_half_up(end, shift));
    let fits = |bits: &u32| symmetric(*bits).0 <= ends[0] && ends[1] <= symmetric(*bits).1;
    let bits = (2..=24).find(fits).unwrap_or(24);
    let op = (Requantize { shift }, vec![id]);
    Ok(to.emit_within(node, op, (".aligned", kind), &shape, symmetric(bits)))
}

impl IntOp for Concat {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(inputs.iter().map(|&(b, _)| b).reduce(Bound::hull))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        inputs.iter().try_for_each(|&input| same_kind(input, output))
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        moved(self, inputs, output, 0)
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.number(self.axis);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match self.axis {
            0 => Err("a concatenation along it"),
            _ => Ok(()),
        }
    }
    fn words(&self) -> String {
        "concatenation".to_owned()
    }
}
