//! Rounding away low bits.

use super::bound::Bound;
use super::check::{arithmetic_kind, single};
use super::operator::{IntOp, Ranks, Role, Shaped};
use crate::ElementKind;
use crate::fixed_point::{length, shift_half_up};
use crate::limits;
use crate::shape::View;
use crate::sink::Sink;
use serde::{Deserialize, Serialize};

/// `[X] → floor((X + 2^(shift−1)) / 2^shift)` (half-up), or `X` where `shift` is 0. The result must lie in the
/// output tensor's interval, whose length is a power of two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Requantize {
    /// Number of low bits rounded away.
    pub shift: u32,
}

/// Refuses a declared interval that may cut but has another number of values than a power of two, or too many; a circuit proves no others
/// exactly.
pub(super) fn check_cut(declared: Bound) -> Result<Option<Bound>, String> {
    let values = length((declared.low as i64, declared.high as i64));
    if values < 2 || values & (values - 1) != 0 || values > 1 << limits::MAX_REQUANTIZED_BITS {
        return Err(format!(
            "the output's interval has {values} values, expected a power of two from 2 to 2^{}",
            limits::MAX_REQUANTIZED_BITS
        ));
    }
    Ok(None)
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
    fn role(&self) -> Role {
        match self.shift {
            0 => Role::Computes,
            _ => Role::Rounds,
        }
    }
}

impl IntOp for Requantize {
    fn bound(&self, _inputs: &[(Bound, &[usize])], declared: Bound) -> Result<Option<Bound>, String> {
        check_cut(declared)
    }
    fn cuts(&self) -> bool {
        true
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        arithmetic_kind(inputs, |scales| Some(scales.first()? - self.shift as i32), output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], _output: &[usize]) -> Vec<i64> {
        inputs[0]
            .data
            .iter()
            .map(|&x| shift_half_up(x, self.shift))
            .collect()
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.number(self.shift as usize);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        Ok(())
    }
    fn words(&self) -> String {
        format!("rounding away {} bits", self.shift)
    }
}
