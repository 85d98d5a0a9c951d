//! What divisions are made of: dividends and divisors whose signs were moved to the dividend, and quotients in integers.

use super::affine::Affine;
use super::floor_div::FloorDiv;
use super::lookup::Lookup;
use super::lowering::{Lowering, NodeView, Operation};
use super::mul::Mul;
use super::requantize::Requantize;
use crate::limits::MAX_REQUANTIZED_BITS;
use crate::shape;
use crate::{ElementKind, IntTensor, ModelError, TensorId};

/// The integer operators that divisions are made of.
pub(super) trait Divides:
    Operation + From<Affine> + From<FloorDiv> + From<Lookup> + From<Mul>
{
}

impl<O> Divides for O where O: Operation + From<Affine> + From<FloorDiv> + From<Lookup> + From<Mul> {}

/// Most bits that are rounded away at once.
const MAX_SHIFT: u32 = 40;

/// Which sign a divisor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Positive,
    Negative,
    Either,
}

impl Sign {
    /// That of all numbers of an interval, where zero does not count: no execution divides by it.
    pub fn of((low, high): (f64, f64)) -> Self {
        match () {
            () if low >= 0.0 => Self::Positive,
            () if high <= 0.0 => Self::Negative,
            () => Self::Either,
        }
    }
}

/// Two tensors whose quotient is that of what they were made of; the divisor's interval has positive numbers only.
#[derive(Clone, Copy)]
pub(super) struct Division {
    pub dividend: TensorId,
    pub divisor: TensorId,
}

impl Division {
    /// Of a tensor by another one. Divisors outside the sign that is given, and zero, are in no interval: executions that have them are
    /// refused.
    pub fn new<O: Divides>(
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        [a, b]: [TensorId; 2],
        sign: Sign,
    ) -> Result<Self, ModelError> {
        let (dividend, divisor) = match sign {
            Sign::Positive => (a, b),
            Sign::Negative => (negated(to, node, a)?, negated(to, node, b)?),
            Sign::Either => {
                let signs = by_sign(to, node, b, ("sign", ".sign", [-1, 1]))?;
                (product(to, node, [a, signs])?, product(to, node, [b, signs])?)
            }
        };
        let divisor = positive(to, node, divisor)?;
        Ok(Self { dividend, divisor })
    }

    /// Of a tensor of integers by another one, of any sign that its interval has.
    pub fn of_integers<O: Divides>(
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        operands: [TensorId; 2],
    ) -> Result<Self, ModelError> {
        let (low, high) = to.tensor(operands[1]).interval;
        Self::new(to, node, operands, Sign::of((low as f64, high as f64)))
    }

    /// The quotient rounded towards zero, or down, in an interval that holds all that there can be within `most`.
    pub fn quotient<O: Divides>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        (towards_zero, most): (bool, (i64, i64)),
        (suffix, kind): (&str, ElementKind),
    ) -> Result<TensorId, ModelError> {
        let Self { dividend, divisor } = self;
        let shape = broadcast(to, node, &[&to.tensor(dividend).shape, &to.tensor(divisor).shape])?;
        let (low, high) = to.tensor(dividend).interval;
        let least = to.tensor(divisor).interval.0.max(1);
        let dividend = match towards_zero && low < 0 {
            // ⌊(a + (b − 1)·[a < 0]) / b⌋ is rounded up where a is negative.
            true => {
                let negative = by_sign(to, node, dividend, ("negative", ".negative", [1, 0]))?;
                let less = sum(to, node, (vec![divisor], vec![1]), Some(-1))?;
                let added = product(to, node, [less, negative])?;
                sum(to, node, (vec![dividend, added], vec![1, 1]), None)?
            }
            false => dividend,
        };
        let floor = |x: i64| x.div_euclid(least);
        let reach = (floor(low.min(0)).max(most.0), floor(high.max(0)).min(most.1));
        let Some(interval) = interval_of(reach) else {
            let reason = format!(
                "quotients can reach {} to {}, at most {MAX_REQUANTIZED_BITS} bits are supported; divide smaller numbers",
                reach.0, reach.1
            );
            return Err(to.error(node, reason));
        };
        Ok(to.emit_within(
            node,
            (FloorDiv, vec![dividend, divisor]),
            (suffix, kind),
            &shape,
            interval,
        ))
    }
}

/// The least interval of 2^n values, with a sign where there are negative ones, that holds another one.
pub(super) fn interval_of((low, high): (i64, i64)) -> Option<(i64, i64)> {
    let interval = |bits: u32| match low < 0 {
        true => (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1),
        false => (0, (1i64 << bits) - 1),
    };
    let holds = |(least, most): &(i64, i64)| *least <= low && high <= *most;
    (1..=MAX_REQUANTIZED_BITS).map(interval).find(holds)
}

/// One of two integers for each element: the first one where it is negative, else the second one.
fn by_sign<O: Divides>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    x: TensorId,
    (function, suffix, of_sign): (&str, &str, [i64; 2]),
) -> Result<TensorId, ModelError> {
    let (low, high) = to.tensor(x).interval;
    let bits = (1..MAX_SHIFT).find(|bits| -(1i64 << bits) <= low && high < 1i64 << bits);
    let bits = bits.ok_or_else(|| {
        let reason =
            format!("the sign of numbers of more than {MAX_SHIFT} bits is not supported; use smaller ones");
        to.error(node, reason)
    })?;
    // Rounded down by all bits, a number is −1 or 0.
    let shifted = sum(to, node, (vec![x], vec![1]), Some(-(1 << (bits - 1))))?;
    let (shape, scale) = (to.tensor(x).shape.clone(), to.scale(x));
    let kind = ElementKind::real(scale - bits as i32);
    let op = (Requantize { shift: bits }, vec![shifted]);
    let down = to.emit_within(node, op, (".below zero", kind), &shape, (-1, 0));
    let op = Lookup {
        function: function.to_owned(),
        table: of_sign.to_vec(),
    };
    to.emit(node, (op, vec![down]), (suffix, ElementKind::Integer), &shape)
}

/// A divisor in an interval of positive numbers: what it is, where it is in it.
fn positive<O: Divides>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    x: TensorId,
) -> Result<TensorId, ModelError> {
    let tensor = to.tensor(x);
    let ((low, high), shape, kind) = (tensor.interval, tensor.shape.clone(), tensor.kind);
    if low >= 1 {
        return Ok(x);
    }
    let Some(bits) = (1..=MAX_REQUANTIZED_BITS).find(|bits| high <= 1 << bits) else {
        let reason = format!(
            "its divisor can reach {high}, at most {MAX_REQUANTIZED_BITS} bits are supported; use smaller ones"
        );
        return Err(to.error(node, reason));
    };
    let op = (Requantize { shift: 0 }, vec![x]);
    Ok(to.emit_within(node, op, (".divisor", arithmetic(kind)), &shape, (1, 1 << bits)))
}

/// Numbers of this kind after arithmetic.
pub(super) fn arithmetic(kind: ElementKind) -> ElementKind {
    match kind {
        ElementKind::Boolean => ElementKind::Integer,
        kind => kind,
    }
}

fn negated<O: Divides>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    x: TensorId,
) -> Result<TensorId, ModelError> {
    sum(to, node, (vec![x], vec![-1]), None)
}

/// A sum of tensors times integers and of a number, of the first one's kind, in the shape that they broadcast to.
pub(super) fn sum<O: Divides>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    (inputs, coefficients): (Vec<TensorId>, Vec<i64>),
    added: Option<i64>,
) -> Result<TensorId, ModelError> {
    let shapes: Vec<&[usize]> = inputs.iter().map(|id| to.tensor(*id).shape.as_slice()).collect();
    let shape = broadcast(to, node, &shapes)?;
    let kind = inputs
        .first()
        .map_or(ElementKind::Integer, |id| to.tensor(*id).kind);
    let op = Affine {
        coefficients,
        constant: added.map(|added| ndarray::arr0(added).into_dyn()),
    };
    to.emit(node, (op, inputs), (".part", arithmetic(kind)), &shape)
}

/// A tensor of constants, in the shape that they and a tensor broadcast to.
pub(super) fn alone<O: Divides>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    like: TensorId,
    (constant, kind, suffix): (IntTensor, ElementKind, &str),
) -> Result<TensorId, ModelError> {
    let shape = broadcast(to, node, &[&to.tensor(like).shape, constant.shape()])?;
    let op = Affine {
        coefficients: vec![0],
        constant: Some(constant),
    };
    to.emit(node, (op, vec![like]), (suffix, kind), &shape)
}

/// The product of two tensors.
pub(super) fn product<O: Divides>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    [a, b]: [TensorId; 2],
) -> Result<TensorId, ModelError> {
    let shape = broadcast(to, node, &[&to.tensor(a).shape, &to.tensor(b).shape])?;
    let whole = to.tensor(a).kind.is_whole() && to.tensor(b).kind.is_whole();
    let kind = match whole {
        true => ElementKind::Integer,
        false => ElementKind::real(to.scale(a) + to.scale(b)),
    };
    to.emit(node, (Mul, vec![a, b]), (".product", kind), &shape)
}

fn broadcast<O: Operation>(
    to: &Lowering<'_, O>,
    node: NodeView<'_>,
    shapes: &[&[usize]],
) -> Result<Vec<usize>, ModelError> {
    shape::broadcast(shapes).map_err(|reason| to.error(node, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_a_power_of_two_of_values() {
        assert_eq!(interval_of((0, 0)), Some((0, 1)));
        assert_eq!(interval_of((0, 255)), Some((0, 255)));
        assert_eq!(interval_of((-1, 0)), Some((-1, 0)));
        assert_eq!(interval_of((-128, 128)), Some((-256, 255)));
        assert_eq!(interval_of((0, 1 << 24)), None);
    }
}
