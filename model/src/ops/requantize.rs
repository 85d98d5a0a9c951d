//! Rounding away low bits.

use super::bound::Bound;
use super::{IntOp, Shaped, same_scale, single};
use crate::fixed_point::{length, shift_half_up};
use crate::limits;
use crate::shape::View;

/// `[X] → floor((X + 2^(shift−1)) / 2^shift)`, or `X` where `shift` is 0.
pub(crate) struct Requantize {
    pub shift: u32,
}

impl Shaped for Requantize {
    fn name(&self) -> &'static str {
        "Requantize"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        if self.shift >= 62 {
            return Err(format!("shift {}, the limit is 61", self.shift));
        }
        Ok(single(inputs)?.to_vec())
    }
}

impl IntOp for Requantize {
    fn bound(&self, _inputs: &[(Bound, &[usize])], declared: Bound) -> Result<Option<Bound>, String> {
        let values = length((declared.low as i64, declared.high as i64));
        if values < 2 || values & (values - 1) != 0 || values > 1 << limits::MAX_REQUANTIZED_BITS {
            return Err(format!(
                "the output's interval has {values} values, expected a power of two from 2 to 2^{}",
                limits::MAX_REQUANTIZED_BITS
            ));
        }
        Ok(None)
    }
    fn check_scale(&self, inputs: &[i32], output: i32) -> Result<(), String> {
        same_scale(inputs[0] - self.shift as i32, output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], _output: &[usize]) -> Vec<i64> {
        inputs[0]
            .data
            .iter()
            .map(|&x| shift_half_up(x, self.shift))
            .collect()
    }
}
