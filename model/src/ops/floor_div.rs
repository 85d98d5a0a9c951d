//! Element-wise quotient of two tensors of integers, rounded down.

use super::bound::Bound;
use super::check::{arithmetic_kind, arity};
use super::operator::{IntOp, Ranks, Role, Shaped};
use super::requantize::check_cut;
use crate::ElementKind;
use crate::movement::expand;
use crate::shape::{self, View};
use crate::sink::Sink;

/// `[A, B] → ⌊A / B⌋`, NumPy broadcasting, where the interval of `B` has positive values only. The result must lie in the output
/// tensor's interval, whose length is a power of two.
///
/// Half-up rounding is composed: `⌊(2·A + B) / (2·B)⌋`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorDiv;

impl Shaped for FloorDiv {
    fn name(&self) -> &'static str {
        "FloorDiv"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
    fn role(&self) -> Role {
        Role::Rounds
    }
}

impl IntOp for FloorDiv {
    fn bound(&self, inputs: &[(Bound, &[usize])], declared: Bound) -> Result<Option<Bound>, String> {
        let divisor = inputs[1].0;
        if divisor.low < 1 {
            return Err(format!(
                "the divisor lies in [{}, {}], expected positive integers only; cut its interval before this node",
                divisor.low, divisor.high
            ));
        }
        check_cut(declared)
    }
    fn cuts(&self) -> bool {
        true
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        arithmetic_kind(inputs, |scales| Some(scales.first()? - scales.get(1)?), output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let (a, b) = (expand(inputs[0], output), expand(inputs[1], output));
        // Divisors are positive: their interval was checked before this node. What is not would be in no interval of a result.
        let quotient = |(a, b): (&i64, &i64)| a.checked_div_euclid(*b).unwrap_or(i64::MIN);
        a.iter().zip(b.iter()).map(quotient).collect()
    }
    fn encode(&self, _sink: &mut dyn Sink) {}
    fn widen(&mut self, ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        match ranks.are_equal() {
            true => Ok(()),
            false => Err("broadcasting"),
        }
    }
    fn words(&self) -> String {
        "quotient".to_owned()
    }
}
