//! Element-wise remainder of two tensors of integers.

use super::check::arity;
use super::div::whole_operands;
use super::division::{Divides, Division, interval_of, product, sum};
use super::lowering::{Lowering, NodeView, Quantize};
use super::operator::{Arithmetic, FloatOp, Ranged, Shaped};
use super::requantize::Requantize;
use crate::shape::{self, View};
use crate::{ElementKind, FloatTensor, ModelError, TensorId};

/// `[A, B] → A − B·q`, NumPy broadcasting, where q is `A / B` rounded down (the remainder has the divisor's sign), or towards zero (it has the
/// dividend's).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mod {
    /// Whether q is rounded towards zero.
    pub towards_zero: bool,
}

impl Shaped for Mod {
    fn name(&self) -> &'static str {
        "Mod"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Mod {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let float = |a: f32, b: f32| match self.towards_zero {
            true => a % b,
            false => a - b * libm::floorf(a / b),
        };
        super::affine::zip(inputs, output, float)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(match self.towards_zero {
            true => Arithmetic {
                float: |a, b| a % b,
                integer: i128::checked_rem,
            },
            false => Arithmetic {
                float: |a, b| a - b * libm::floor(a / b),
                integer: |a, b| {
                    let rest = a.checked_rem(b)?;
                    Some(if rest != 0 && (rest < 0) != (b < 0) {
                        rest + b
                    } else {
                        rest
                    })
                },
            },
        })
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let &[a, b] = inputs else { return None };
        let (a, b) = (a.range?, b.range?);
        // Less than the greatest divisor in magnitude.
        let most = b.0.unsigned_abs().max(b.1.unsigned_abs()).saturating_sub(1);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let signs = if self.towards_zero { a } else { b };
        Some((
            if signs.0 < 0 { -most } else { 0 },
            if signs.1 > 0 { most } else { 0 },
        ))
    }
    fn unsupported(&self, constants: &[Option<&FloatTensor>]) -> Option<String> {
        let divisor = constants.get(1).copied().flatten()?;
        divisor
            .iter()
            .any(|x| *x == 0.0)
            .then(|| "division by zero".to_owned())
    }
}

impl<O: Divides> Quantize<O> for Mod {
    /// The dividend, less the divisor times the quotient: FloorDiv, Mul, Affine, and a Requantize by no bits, which cuts the interval to that of
    /// remainders.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        if !to.is_exact(node) {
            let reason = "a remainder of numbers that are not integers jumps where they are rounded; cast them to integers before this node";
            return Err(to.error(node, reason.to_owned()));
        }
        let [a, b] = whole_operands(to, node)?;
        let division = Division::of_integers(to, node, [a, b])?;
        let (most, output) = ((i64::MIN, i64::MAX), (".quotient", ElementKind::Integer));
        let quotients = division.quotient(to, node, (self.towards_zero, most), output)?;
        let multiples = product(to, node, [b, quotients])?;
        let rest = sum(to, node, (vec![a, multiples], vec![1, -1]), None)?;
        let reach = to.tensor(division.divisor).interval.1 - 1;
        let signs = to.tensor(if self.towards_zero { a } else { b }).interval;
        let reach = (
            if signs.0 < 0 { -reach } else { 0 },
            if signs.1 > 0 { reach } else { 0 },
        );
        let interval = interval_of(reach).ok_or_else(|| {
            let reason = format!(
                "remainders can reach {} to {}, at most 24 bits are supported; use smaller divisors",
                reach.0, reach.1
            );
            to.error(node, reason)
        })?;
        let shape = to.shape(node);
        let op = (Requantize { shift: 0 }, vec![rest]);
        Ok(to.emit_within(node, op, ("", ElementKind::Integer), &shape, interval))
    }
}
