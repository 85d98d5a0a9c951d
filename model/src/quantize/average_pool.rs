//! Means of windows.

use super::lower::Lowering;
use super::mul::without_common_zeros;
use crate::ops::float::AveragePool;
use crate::ops::integer::{Scale, SumPool};
use crate::{ModelError, Node, QOp, TensorId, shape};

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

impl Lowering<'_> {
    /// SumPool, Scale by rounded reciprocals, Requantize.
    pub(super) fn average_pool(&mut self, node: &Node, pool: &AveragePool) -> Result<TensorId, ModelError> {
        let x = self.input(node, 0)?;
        let (scale, input) = (self.tensor(x).scale_bits, self.tensor(x).shape.clone());
        let output = self.graph.values[node.output.0].shape.clone();
        let op = QOp::SumPool(SumPool {
            window: pool.window.clone(),
        });
        let sums = self.emit(node, (op, vec![x]), (".windows", scale), &output)?;
        let mut divisors = pool.divisors([input[2], input[3]], [output[2], output[3]]);
        let mut factor_shape = vec![1, 1, output[2], output[3]];
        if divisors.iter().all(|d| *d == divisors[0]) {
            divisors.truncate(1);
            factor_shape.clear();
        }
        let (low, high) = self.tensor(sums).interval;
        let greatest = low.unsigned_abs().max(high.unsigned_abs()) as f64;
        let (target, _) = self.target(node.output, i32::MAX);
        let (factors, bits) = reciprocals(&divisors, greatest, target - scale);
        let factor = shape::tensor(&factor_shape, factors).map_err(|reason| self.error(node, reason))?;
        let op = (QOp::Scale(Scale { factor }), vec![sums]);
        let means = self.emit(node, op, (".sum", scale + bits), &output)?;
        self.requantize(node, means)
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
