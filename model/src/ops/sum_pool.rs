//! Sums of windows.

use super::bound::{Bound, check_magnitude};
use super::check::{arithmetic_kind, dimensions};
use super::element::Element;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::max_pool::{fold_windows, pool_shape};
use super::operator::{FloatOp, IntOp, Ranged, Ranks, Shaped};
use crate::shape::View;
use crate::sink::Sink;
use crate::window;
use crate::window::Window;
use crate::{ElementKind, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X (N,C,…)] → (N,C,…)`: sums of windows, padding is zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SumPool {
    /// Pool geometry.
    pub window: Window,
}

impl Shaped for SumPool {
    fn name(&self) -> &'static str {
        "SumPool"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        pool_shape(&self.window, inputs)
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        window::elements(&self.window)
    }
}

impl FloatOp for SumPool {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let sums = fold_windows(inputs[0], &self.window, output, 0.0, |sum, x| {
            *sum = f32::add(*sum, x)
        });
        sums.into_iter().map(f32::narrow).collect()
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        let output = outputs.first()?;
        let sums = fold_windows(inputs[0], &self.window, output, Some(0i64), |sum, x| {
            *sum = sum.and_then(|sum| sum.checked_add(x));
        });
        Some(vec![sums.into_iter().collect::<Option<_>>()?])
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let (low, high) = inputs.first()?.range?;
        let count = i64::try_from(window::elements(&self.window)).ok()?;
        let (low, high) = (low.saturating_mul(count), high.saturating_mul(count));
        match self.window.is_padded() {
            true => Some((low.min(0), high.max(0))),
            false => Some((low, high)),
        }
    }
}

impl<O: Operation + From<SumPool>> Quantize<O> for SumPool {
    /// SumPool, then Requantize, unless the results are integers.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        let (op, shape) = ((self.clone(), vec![x]), to.shape(node));
        if to.is_exact(node) {
            return to.emit(node, op, ("", ElementKind::Integer), &shape);
        }
        let kind = ElementKind::real(to.scale(x));
        let sums = to.emit(node, op, (".sum", kind), &shape)?;
        to.requantize(node, sums)
    }
}

impl IntOp for SumPool {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let mut x = inputs[0].0;
        if self.window.is_padded() {
            x = x.with_zero();
        }
        let count = window::elements(&self.window) as i128;
        check_magnitude(x.magnitude() * count)?;
        Ok(Some(Bound {
            low: x.low * count,
            high: x.high * count,
        }))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        arithmetic_kind(inputs, |scales| scales.first().copied(), output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        fold_windows(inputs[0], &self.window, output, 0, |sum, x| {
            *sum = i64::add(*sum, x)
        })
    }
    fn encode(&self, sink: &mut dyn Sink) {
        window::encode(&self.window, sink);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        Ok(())
    }
    fn words(&self) -> String {
        format!("window sums {}", dimensions(&self.window.kernel()))
    }
}
