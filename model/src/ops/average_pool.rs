//! Means of windows (float only; quantisation makes a sum pool and a scale of them).

use super::element::Element;
use super::max_pool::{fold_windows, pool_shape};
use super::{FloatOp, Shaped};
use crate::graph::Window;
use crate::shape::View;
use crate::window;

/// `[X (N,C,H,W)] → (N,C,H',W')`.
#[derive(Clone, Debug, PartialEq)]
pub struct AveragePool {
    /// Pool geometry.
    pub window: Window,
    /// Whether padding counts in the divisor.
    pub count_include_pad: bool,
}

impl AveragePool {
    /// The divisor of each output position, for an input and an output of the given heights and widths.
    pub fn divisors(&self, input: [usize; 2], output: [usize; 2]) -> Vec<i64> {
        if self.count_include_pad {
            return vec![(self.window.kernel[0] * self.window.kernel[1]) as i64; output[0] * output[1]];
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
            window::windows_meet_input(&self.window, [inputs[0][2], inputs[0][3]])?;
        }
        Ok(shape)
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        (self.window.kernel[0] * self.window.kernel[1]) as u128
    }
}

impl FloatOp for AveragePool {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let (&[_, _, height, width], &[_, _, out_height, out_width]) = (inputs[0].shape, output) else {
            return Vec::new();
        };
        let divisors = self.divisors([height, width], [out_height, out_width]);
        let sums = fold_windows(inputs[0], &self.window, output, 0.0, |sum, x| {
            *sum = f32::add(*sum, x)
        });
        sums.into_iter()
            .zip(divisors.into_iter().cycle())
            .map(|(sum, n)| f32::narrow(sum / n as f64))
            .collect()
    }
}
