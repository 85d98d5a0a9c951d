//! Euclidean lengths of windows.

use super::affine::Affine;
use super::element::Element;
use super::isqrt::Isqrt;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::max_pool::{fold_windows, pool_shape};
use super::mul::Mul;
use super::operator::{FloatOp, Shaped};
use super::sum_pool::SumPool;
use crate::shape::View;
use crate::window::{self, Window};
use crate::{ElementKind, ModelError, TensorId, limits};

/// `[X (N,C,…)] → (N,C,…)`: `√(Σ x²)` over windows, padding is zero.
#[derive(Clone, Debug, PartialEq)]
pub struct LengthPool {
    /// Pool geometry.
    pub window: Window,
}

/// Most binary places that a root gets beyond the result's.
const MAX_PLACES: i32 = 16;

impl Shaped for LengthPool {
    fn name(&self) -> &'static str {
        "LengthPool"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        pool_shape(&self.window, inputs)
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        window::elements(&self.window).saturating_mul(2)
    }
}

impl FloatOp for LengthPool {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let sums = fold_windows(inputs[0], &self.window, output, 0.0, |sum, x: f32| {
            *sum = f32::multiply_add(*sum, x, x);
        });
        sums.into_iter().map(|sum| libm::sqrt(sum) as f32).collect()
    }
}

impl<O: Operation + From<Affine> + From<Isqrt> + From<Mul> + From<SumPool>> Quantize<O> for LengthPool {
    /// Sums of squares, exactly, and a root of them with two binary places more than the result, then Requantize.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        let (scale, shape) = (to.scale(x), to.shape(node));
        let kind = ElementKind::real(2 * scale);
        let input = to.tensor(x).shape.clone();
        let squares = to.emit(node, (Mul, vec![x, x]), (".squares", kind), &input)?;
        let window = SumPool {
            window: self.window.clone(),
        };
        let sums = to.emit(node, (window, vec![squares]), (".square", kind), &shape)?;
        let (low, high) = to.tensor(x).interval;
        let magnitude = i128::from(low).abs().max(i128::from(high).abs());
        let greatest = magnitude * magnitude * window::elements(&self.window) as i128;
        // Two places beyond the result's, so that the root's rounding is a quarter of its last bit.
        let (target, _) = to.target(node.output(), i32::MAX);
        let fits = |places: &i32| (greatest << (2 * places)) < i128::from(limits::MAX_MAGNITUDE);
        let wanted = (target + 2 - scale).clamp(0, MAX_PLACES);
        let places = (0..=wanted).rev().find(fits).unwrap_or(0);
        let scaled = Affine {
            coefficients: vec![1 << (2 * places)],
            constant: None,
        };
        let below = ElementKind::real(2 * (scale + places));
        let below = to.emit(node, (scaled, vec![sums]), (".below the root", below), &shape)?;
        let root = (greatest << (2 * places)).isqrt();
        let bits = (1..=limits::MAX_ROOT_BITS).find(|bits| root < 1 << bits);
        let bits = bits.ok_or_else(|| to.error(node, "roots of 2^62 or more; use fewer bits".to_owned()))?;
        let kind = (".sum", ElementKind::real(scale + places));
        let root = to.emit_within(node, (Isqrt, vec![below]), kind, &shape, (0, (1 << bits) - 1));
        to.requantize(node, root)
    }
}
