//! Maxima of windows.

use super::bound::Bound;
use super::check::{dimensions, same_kind, single};
use super::element::Element;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranged, Ranks, Shaped};
use crate::shape::View;
use crate::sink::Sink;
use crate::window::Window;
use crate::window::{self, Sweep};
use crate::{ElementKind, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X (N,C,…)] → (N,C,…)`: maxima of windows; padding never wins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaxPool {
    /// Pool geometry.
    pub window: Window,
}

/// The output's shape of a pool.
pub(super) fn pool_shape(window: &Window, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    let (batch, channels, plane) = window::channels_and_plane(single(inputs)?)?;
    let positions = window::output_size(window, plane)?;
    Ok([batch, channels].into_iter().chain(positions).collect())
}

/// Folds the elements of each window, starting from `start`.
pub(super) fn fold_windows<E: Copy, A: Copy>(
    x: View<E>,
    window: &Window,
    output: &[usize],
    start: A,
    combine: impl Fn(&mut A, E) + Copy,
) -> Vec<A> {
    let (plane, positions) = (&x.shape[2..], &output[2..]);
    let sweep = Sweep::new(window, plane, positions);
    let mut result = vec![start; output.iter().product()];
    let sources = x.data.chunks(plane.iter().product());
    for (target, source) in result.chunks_mut(positions.iter().product()).zip(sources) {
        sweep.run(target, source, |_| Some(combine));
    }
    result
}

impl MaxPool {
    fn maxima<E: Element>(&self, x: View<E>, output: &[usize]) -> Vec<E> {
        fold_windows(x, &self.window, output, E::LOWEST, |m, x| {
            if x > *m {
                *m = x;
            }
        })
    }
}

impl Shaped for MaxPool {
    fn name(&self) -> &'static str {
        "MaxPool"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let shape = pool_shape(&self.window, inputs)?;
        window::windows_meet_input(&self.window, &inputs[0][2..])?;
        Ok(shape)
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        window::elements(&self.window)
    }
}

impl FloatOp for MaxPool {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        self.maxima(inputs[0], output)
    }
    fn evaluate_integers(&self, inputs: &[View<i64>], outputs: &[&[usize]]) -> Option<Vec<Vec<i64>>> {
        Some(vec![self.maxima(inputs[0], outputs.first()?)])
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        inputs.first()?.range
    }
}

impl<O: Operation + From<MaxPool>> Quantize<O> for MaxPool {
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        to.choose(node, self.clone(), None)
    }
}

impl IntOp for MaxPool {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        Ok(Some(inputs[0].0))
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        same_kind(inputs[0], output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        self.maxima(inputs[0], output)
    }
    fn encode(&self, sink: &mut dyn Sink) {
        window::encode(&self.window, sink);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        Ok(())
    }
    fn words(&self) -> String {
        format!("window maxima {}", dimensions(&self.window.kernel()))
    }
}
