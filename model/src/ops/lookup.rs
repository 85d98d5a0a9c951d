//! A function of one value as a table.

use super::bound::Bound;
use super::check::single;
use super::operator::{IntOp, Ranks, Role, Shaped};
use crate::ElementKind;
use crate::limits;
use crate::shape::View;
use crate::sink::Sink;
use serde::{Deserialize, Serialize};

/// `[X] → table[X − interval(X).0]`; the table covers the input tensor's interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// Name of the function, for reports.
    pub function: String,
    /// One value per input value.
    pub table: Vec<i64>,
}

impl Shaped for Lookup {
    fn name(&self) -> &'static str {
        "Lookup"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        if self.table.is_empty() || self.table.len() > limits::MAX_TABLE {
            return Err(format!(
                "a table of {} entries, expected 1 to {}",
                self.table.len(),
                limits::MAX_TABLE
            ));
        }
        Ok(single(inputs)?.to_vec())
    }
    fn role(&self) -> Role {
        Role::Rounds
    }
}

impl IntOp for Lookup {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let input = inputs[0].0;
        if input.high - input.low + 1 != self.table.len() as i128 {
            return Err(format!(
                "a table of {} entries does not cover the input's interval [{}, {}]",
                self.table.len(),
                input.low,
                input.high
            ));
        }
        Ok(Some(Bound::of(&self.table)))
    }
    fn check_kind(&self, _inputs: &[ElementKind], _output: ElementKind) -> Result<(), String> {
        Ok(()) // A table makes any kind of any other.
    }
    fn evaluate(&self, inputs: &[View<i64>], lows: &[i64], _output: &[usize]) -> Vec<i64> {
        // Inputs have been checked against their interval, which the table covers.
        inputs[0]
            .data
            .iter()
            .map(|&x| self.table[(x - lows[0]) as usize])
            .collect()
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.text(&self.function);
        sink.integers(&self.table);
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        Ok(())
    }
    fn words(&self) -> String {
        format!("function {}", self.function)
    }
    fn label(&self) -> &str {
        &self.function
    }
}
