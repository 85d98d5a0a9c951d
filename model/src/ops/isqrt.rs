//! Square roots of integers.

use super::bound::Bound;
use super::check::{arithmetic_kind, single};
use super::operator::{IntOp, Ranks, Role, Shaped};
use crate::ElementKind;
use crate::fixed_point::length;
use crate::limits;
use crate::shape::View;
use crate::sink::Sink;

/// `[X] → ⌊√X⌋`. A negative element has no root, and the result must lie in the output tensor's interval, which has no negative
/// values and as many as a power of two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Isqrt;

/// What stands for the root of a negative number: no declared interval holds it.
const NO_ROOT: i64 = -1;

impl Shaped for Isqrt {
    fn name(&self) -> &'static str {
        "Isqrt"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        Ok(single(inputs)?.to_vec())
    }
    fn role(&self) -> Role {
        Role::Rounds
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        16
    }
}

impl IntOp for Isqrt {
    fn bound(&self, _inputs: &[(Bound, &[usize])], declared: Bound) -> Result<Option<Bound>, String> {
        let values = length((declared.low as i64, declared.high as i64));
        let most = 1i128 << limits::MAX_ROOT_BITS;
        if values < 2 || values & (values - 1) != 0 {
            return Err(format!(
                "the output's interval has {values} values, expected a power of two from 2 on"
            ));
        }
        if declared.low < 0 || declared.high > most {
            return Err(format!(
                "the output's interval is [{}, {}], roots lie in [0, 2^{}]",
                declared.low,
                declared.high,
                limits::MAX_ROOT_BITS
            ));
        }
        Ok(None)
    }
    fn cuts(&self) -> bool {
        true
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        if let &[ElementKind::Real { scale_bits }] = inputs
            && scale_bits % 2 != 0
        {
            return Err(format!(
                "the input's scale {scale_bits} is odd, so that the root has none"
            ));
        }
        arithmetic_kind(inputs, |scales| Some(scales.first()? / 2), output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], _output: &[usize]) -> Vec<i64> {
        let root = |x: &i64| x.checked_isqrt().unwrap_or(NO_ROOT);
        inputs[0].data.iter().map(root).collect()
    }
    fn encode(&self, _sink: &mut dyn Sink) {}
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        Ok(())
    }
    fn words(&self) -> String {
        "square root".to_owned()
    }
}
