//! Element-wise quotient of two float tensors. Quantisation turns constant divisors of reals into factors; others divide.

use super::affine::Affine;
use super::check::{arity, corners};
use super::division::{Divides, Division, Sign, alone};
use super::floor_div::FloorDiv;
use super::lowering::{Lowering, NodeView, Quantize, symmetric};
use super::operator::{Arithmetic, FloatOp, Ranged, Shaped};
use super::scale::{Scale, scaled};
use super::scales::{doubles, quantize_value, scale_for};
use crate::fixed_point::times_power_of_two;
use crate::shape::{self, View};
use crate::{ElementKind, FloatTensor, ModelError, TensorId};

/// `[A, B] → A / B`, NumPy broadcasting; of integers, rounded towards zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Div;

/// Dividends are multiplied by less than this power of two.
const MAX_BITS: i32 = 38;

impl Shaped for Div {
    fn name(&self) -> &'static str {
        "Div"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Div {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        super::affine::zip(inputs, output, |a, b| a / b)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(Arithmetic {
            float: |a, b| a / b,
            // Integer division truncates, as ONNX says.
            integer: i128::checked_div,
        })
    }
    fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        let divisors = inputs.get(1)?.range?;
        let has_zero = divisors.0 <= 0 && divisors.1 >= 0;
        corners(inputs, |a, b| a.checked_div(b).unwrap_or(0)).filter(|_| !has_zero)
    }
    fn unsupported(&self, constants: &[Option<&FloatTensor>]) -> Option<String> {
        let divisor = constants.get(1).copied().flatten()?;
        divisor
            .iter()
            .any(|x| *x == 0.0)
            .then(|| "division by zero".to_owned())
    }
}

impl<O: Divides + From<Scale>> Quantize<O> for Div {
    /// Of reals by constants, Scale by the reciprocals, then Requantize; else FloorDiv.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        if to.is_exact(node) {
            return integers(to, node);
        }
        if to.values[node.output().0].whole.is_some() {
            let reason = "a quotient of integers that are not exact; cast them to float before this node";
            return Err(to.error(node, reason.to_owned()));
        }
        match to.constant(node, 1) {
            Some(divisor) => {
                let factors = doubles(divisor).into_iter().map(|d| 1.0 / d).collect();
                scaled(to, node, 0, (divisor, factors))
            }
            None => reals(to, node),
        }
    }
}

/// The quotient of integers, rounded towards zero.
fn integers<O: Divides>(to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
    let operands = whole_operands(to, node)?;
    let division = Division::of_integers(to, node, operands)?;
    let most = to.values[node.output().0]
        .whole
        .map_or((i64::MIN, i64::MAX), |whole| whole.kind.holds);
    division.quotient(to, node, (true, most), ("", ElementKind::Integer))
}

/// Dividend and divisor of a division of integers, of which either may be constant.
pub(super) fn whole_operands<O: Divides>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
) -> Result<[TensorId; 2], ModelError> {
    let operand = |to: &mut Lowering<'_, O>, index: usize, suffix| match to.constant(node, index) {
        Some(constant) => {
            let integers = to.integers(node, constant)?;
            let tensor =
                shape::tensor(constant.shape(), integers).map_err(|reason| to.error(node, reason))?;
            let other = to.input(node, 1 - index)?;
            alone(to, node, other, (tensor, ElementKind::Integer, suffix))
        }
        None => to.input(node, index),
    };
    Ok([operand(to, 0, ".dividend")?, operand(to, 1, ".divisor")?])
}

/// The quotient of reals by computed ones, rounded half up. Divisors have the sign that they have on the samples, if that is one.
fn reals<O: Divides>(to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
    let b = to.input(node, 1)?;
    let extremes = to.extremes(node.inputs[1]);
    let least = extremes.0.abs().min(extremes.1.abs());
    let sign = Sign::of(extremes);
    if sign != Sign::Either && times_power_of_two(least, to.scale(b)) < 0.5 {
        let reason = format!(
            "on the samples its divisor is as small as {least:e}, which rounds to zero at the scale of the greatest ones; use more bits, or add a \
             constant to it before this node"
        );
        return Err(to.error(node, reason));
    }
    let a = match to.constant(node, 0) {
        Some(constant) => {
            let scale = scale_for(constant.iter().fold(0f64, |m, x| m.max(f64::from(*x).abs())), 24);
            let integers: Result<Vec<i64>, String> = constant
                .iter()
                .map(|x| quantize_value(f64::from(*x), scale))
                .collect();
            let tensor = integers.and_then(|integers| shape::tensor(constant.shape(), integers));
            let tensor = tensor.map_err(|reason| to.error(node, reason))?;
            alone(to, node, b, (tensor, ElementKind::real(scale), ".dividend"))?
        }
        None => to.input(node, 0)?,
    };
    let Division { dividend, divisor } = Division::new(to, node, [a, b], sign)?;
    let own = to.scale(dividend) - to.scale(divisor);
    let (scale, bits) = to.target(node.output(), own.saturating_add(MAX_BITS));
    // ⌊(2·2^t·a + b) / (2·b)⌋ is a·2^t / b, rounded half up.
    let (more, fewer) = ((scale - own).max(0), (own - scale).max(0));
    if fewer > MAX_BITS {
        let reason = format!("its scale would change by {fewer} bits; the values differ too much in size");
        return Err(to.error(node, reason));
    }
    let shape = to.shape(node);
    let sum = |to: &mut Lowering<'_, O>, inputs: Vec<TensorId>, coefficients, scale, shape: &[usize]| {
        let op = Affine {
            coefficients,
            constant: None,
        };
        to.emit(node, (op, inputs), (".part", ElementKind::real(scale)), shape)
    };
    let divisors = to.tensor(divisor).shape.clone();
    let of_divisor = to.scale(divisor);
    let doubled = sum(to, vec![divisor], vec![2 << fewer], of_divisor, &divisors)?;
    let coefficients = vec![2 << more, 1 << fewer];
    let dividends = sum(
        to,
        vec![dividend, divisor],
        coefficients,
        of_divisor + scale,
        &shape,
    )?;
    let kind = ElementKind::real(scale);
    Ok(to.emit_within(
        node,
        (FloorDiv, vec![dividends, doubled]),
        ("", kind),
        &shape,
        symmetric(bits),
    ))
}
