//! Means of windows (float only; quantisation makes a sum pool and a scale of them).

use super::element::Element;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::max_pool::{fold_windows, pool_shape};
use super::operator::{FloatOp, Shaped};
use super::scale::Scale;
use super::scales::without_common_zeros;
use super::sum_pool::SumPool;
use crate::shape::{self, View};
use crate::window::Window;
use crate::{ElementKind, ModelError, TensorId, window};

/// `[X (N,C,…)] → (N,C,…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct AveragePool {
    /// Pool geometry.
    pub window: Window,
    /// Whether padding counts in the divisor.
    pub count_include_pad: bool,
}

/// Most bits of a reciprocal.
const MAX_RECIPROCAL_BITS: i32 = 38;

/// The factors `round(2^t / divisor)` and the least `t` for which they give the mean of sums up to `greatest` to
/// a quarter of `2^−finer` (both in units of the input's last bit), or exactly.
fn reciprocals(divisors: &[i64], greatest: f64, finer: i32) -> (Vec<i64>, i32) {
    let factors = |t: i32| divisors.iter().map(move |d| ((1i64 << t) + d / 2) / d);
    let accurate = |t: &i32| {
        let exact = divisors.iter().all(|d| (1i64 << t) % d == 0);
        exact || greatest * libm::ldexp(1.0, finer - t - 1) <= 0.25
    };
    let t = (0..MAX_RECIPROCAL_BITS)
        .find(accurate)
        .unwrap_or(MAX_RECIPROCAL_BITS);
    without_common_zeros(factors(t).collect(), t)
}

impl AveragePool {
    /// The divisor of each output position, for an input and an output with the given spatial axes.
    pub fn divisors(&self, input: &[usize], output: &[usize]) -> Vec<i64> {
        if self.count_include_pad {
            return vec![window::elements(&self.window) as i64; output.iter().product()];
        }
        window::counts(&self.window, input, output)
    }
}

impl Shaped for AveragePool {
    fn name(&self) -> &'static str {
        "AveragePool"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let shape = pool_shape(&self.window, inputs)?;
        if !self.count_include_pad {
            window::windows_meet_input(&self.window, &inputs[0][2..])?;
        }
        Ok(shape)
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        window::elements(&self.window)
    }
}

impl FloatOp for AveragePool {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let divisors = self.divisors(&inputs[0].shape[2..], &output[2..]);
        let sums = fold_windows(inputs[0], &self.window, output, 0.0, |sum, x| {
            *sum = f32::add(*sum, x)
        });
        sums.into_iter()
            .zip(divisors.into_iter().cycle())
            .map(|(sum, n)| f32::narrow(sum / n as f64))
            .collect()
    }
}

impl<O: Operation + From<SumPool> + From<Scale>> Quantize<O> for AveragePool {
    /// SumPool, Scale by rounded reciprocals, Requantize.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        let (scale, input) = (to.scale(x), to.tensor(x).shape.clone());
        let output = to.shape(node);
        let op = SumPool {
            window: self.window.clone(),
        };
        let sums = to.emit(
            node,
            (op, vec![x]),
            (".windows", ElementKind::real(scale)),
            &output,
        )?;
        let mut divisors = self.divisors(&input[2..], &output[2..]);
        let mut factor_shape = vec![1, 1];
        factor_shape.extend_from_slice(&output[2..]);
        if divisors.iter().all(|d| *d == divisors[0]) {
            divisors.truncate(1);
            factor_shape.clear();
        }
        let (low, high) = to.tensor(sums).interval;
        let greatest = low.unsigned_abs().max(high.unsigned_abs()) as f64;
        let (target, _) = to.target(node.output(), i32::MAX);
        let (factors, bits) = reciprocals(&divisors, greatest, target - scale);
        let factor = shape::tensor(&factor_shape, factors).map_err(|reason| to.error(node, reason))?;
        let op = (Scale { factor }, vec![sums]);
        let means = to.emit(node, op, (".sum", ElementKind::real(scale + bits)), &output)?;
        to.requantize(node, means)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        assert_eq!(reciprocals(&[4], 1e6, 0), (vec![1], 2));
        assert_eq!(reciprocals(&[4, 2, 1], 1e6, 0), (vec![1, 2, 4], 2));
    }

    #[test]
    fn reciprocals_are_accurate_to_a_quarter_step() {
        for divisor in [3i64, 5, 6, 7, 9, 25, 49, 1000] {
            for finer in [-3, 0, 4] {
                let greatest = 2048 * divisor;
                let (factors, t) = reciprocals(&[divisor], greatest as f64, finer);
                let mean = greatest as f64 * factors[0] as f64 / libm::ldexp(1.0, t);
                let error = (mean - 2048.0).abs();
                assert!(error <= libm::ldexp(0.25, -finer), "{divisor}: {error}");
            }
        }
    }
}
