//! Negative of every element.

use super::affine::Affine;
use super::check::single;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, Ranged, Shaped};
use crate::shape::View;
use crate::{ElementKind, ModelError, TensorId};

/// `[X] → −X`. Nothing is rounded and nothing stored for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neg;

impl Shaped for Neg {
    fn name(&self) -> &'static str {
        "Neg"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        Ok(single(inputs)?.to_vec())
    }
}

impl FloatOp for Neg {
    fn evaluate(&self, inputs: &[View<f32>], _output: &[usize]) -> Vec<f32> {
        inputs[0].data.iter().map(|x| -x).collect()
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], _outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        let negated = inputs[0].data.iter().map(|x| x.checked_neg());
        Some(vec![negated.collect::<Option<_>>()?])
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let (low, high) = inputs.first()?.range?;
        Some((0i64.saturating_sub(high), 0i64.saturating_sub(low)))
    }
}

impl<O: Operation + From<Affine>> Quantize<O> for Neg {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        let kind = match to.tensor(x).kind {
            kind if kind.is_whole() => ElementKind::Integer,
            kind => kind,
        };
        let op = Affine {
            coefficients: vec![-1],
            constant: None,
        };
        to.emit(node, (op, vec![x]), ("", kind), &to.shape(node))
    }
}
