//! Sums of windows.

use super::bound::{Bound, check_magnitude};
use super::check::{arithmetic_kind, dimensions};
use super::element::Element;
use super::max_pool::{fold_windows, pool_shape};
use super::operator::{IntOp, Ranks, Shaped};
use crate::ElementKind;
use crate::shape::View;
use crate::sink::Sink;
use crate::window;
use crate::window::Window;
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
