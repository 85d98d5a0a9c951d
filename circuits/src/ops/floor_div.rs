//! FloorDiv: `A = B·z + r` with `r ≥ 0` and `e = B − r ≥ 1` in range-checked limbs.
//!
//! Both ranges together say that `0 ≤ r < B`, and so that `B ≥ 1`, whatever interval of B is proven elsewhere: for given A and B there is
//! one such z, `⌊A/B⌋`. B·z is proven like any [product](super::mul).

use super::{
    bracket::{self, Beside},
    express, storage,
};
use crate::{
    block::Fill,
    builder::{Builder, Operator, Part},
    error::CircuitError,
    index,
};
use hallmark_model::{TensorId, ops::integer::FloorDiv};
use std::sync::Arc;

impl Operator for FloorDiv {
    /// Stores the quotient, the remainder and what the divisor is more than it, and proves both equations.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let (inputs, output) = (&b.graph.nodes[node].inputs, b.graph.nodes[node].output());
        if !b.is_defined(output) {
            storage::store(b, output)?;
        }
        let quotient = Quotient {
            output,
            dividend: Operand::new(b, inputs[0], output)?,
            divisor: Operand::new(b, inputs[1], output)?,
        };
        let remainder = quotient.store(b, "remainder", (0, |_, remainder| remainder));
        let excess = quotient.store(
            b,
            "divisor above remainder",
            (1, |divisor, remainder| divisor - remainder),
        );
        let (divisor, dividend) = (quotient.divisor.part(), quotient.dividend.part());
        let factors = [output, quotient.divisor.tensor];
        bracket::prove(b, node, [remainder, excess], (divisor, dividend), factors)
    }
}

/// A tensor, and the element of it that belongs to each of the quotient.
#[derive(Clone)]
struct Operand {
    tensor: TensorId,
    elements: Arc<[u32]>,
}

impl Operand {
    fn new(b: &Builder<'_>, tensor: TensorId, output: TensorId) -> Result<Self, CircuitError> {
        let elements = Arc::from(index::broadcast(b.shape(tensor), b.shape(output))?);
        Ok(Self { tensor, elements })
    }

    /// The tensor in the quotient's shape.
    fn part(&self) -> Part {
        express::part(1, self.tensor, express::gather(self.elements.to_vec()))
    }

    /// The same in an execution.
    fn values(&self, trace: &hallmark_model::Trace) -> Vec<i64> {
        let own: Vec<i64> = storage::elements(trace, self.tensor).collect();
        self.elements
            .iter()
            .map(|element| own[*element as usize])
            .collect()
    }
}

struct Quotient {
    output: TensorId,
    dividend: Operand,
    divisor: Operand,
}

impl Quotient {
    /// Stores in limbs a function of divisor and remainder that has as many values from `low` on as there are remainders.
    fn store(
        &self,
        b: &mut Builder<'_>,
        name: &'static str,
        (low, value): (i64, fn(i64, i64) -> i64),
    ) -> Vec<Part> {
        let (dividend, divisor) = (self.dividend.clone(), self.divisor.clone());
        let fill: Fill = Arc::new(move |trace| {
            let (dividend, divisor) = (dividend.values(trace), divisor.values(trace));
            // No execution has a divisor of zero: the interval of divisors has none.
            let number = |(a, b): (i64, i64)| value(b, a.checked_rem_euclid(b).unwrap_or(0)) - low;
            dividend.into_iter().zip(divisor).map(number).collect()
        });
        let greatest = b.graph.tensors[self.divisor.tensor.0].interval.1;
        let count = greatest.max(1) as usize;
        let number = Beside {
            name,
            low,
            count,
            fill,
        };
        number.store(b, self.output)
    }
}
